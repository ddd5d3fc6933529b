"""A function as callers name it: by name, partial ARN or ARN, each with or without a version or an alias.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, ``FunctionName`` and ``Qualifier``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from local_aws.functions import assumptions
from local_aws.functions.refusals import Refusal

__all__ = ["LATEST", "FunctionName", "parse_name"]

LATEST = "$LATEST"

NAME_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?"
    r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
QUALIFIER_PATTERN = r"(|[a-zA-Z0-9$_-]+)"

_NAME = re.compile(
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?(?P<region>(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d:)?"
    r"(?P<account>\d{12}:)?(function:)?(?P<name>[a-zA-Z0-9-_.]+)(:(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)
_QUALIFIER = re.compile(QUALIFIER_PATTERN)


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function's name; ``qualifier`` is a version's number, an alias' name, ``$LATEST`` or None."""

    region: str
    account_id: str
    name: str
    qualifier: str | None = None

    @property
    def arn(self) -> str:
        """The function's ARN, without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{self.name}"

    @property
    def qualified(self) -> str:
        """The ARN with the qualifier that the caller gave, if any."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn

    @property
    def resource(self) -> str:
        """CloudWatch's ``Resource``: ``name`` or ``name:qualifier``."""
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name


@lru_cache(maxsize=1024)
def parse_name(function: str, qualifier: str | None, *, region: str, account_id: str) -> FunctionName:
    """Parse ``function``; ``region`` and ``account_id`` are used where it does not name its own. Raises Refusal."""
    match = _NAME.fullmatch(function)
    if match is None or len(function) > 256:
        raise Refusal.validation(function, "functionName", f"satisfy regular expression pattern: {NAME_PATTERN}")
    if qualifier is not None and _QUALIFIER.fullmatch(qualifier) is None:
        raise Refusal.validation(qualifier, "qualifier", f"satisfy regular expression pattern: {QUALIFIER_PATTERN}")
    if qualifier is not None and len(qualifier) > 128:
        raise Refusal.validation(qualifier, "qualifier", "have length less than or equal to 128")
    own = match["qualifier"]
    if own and qualifier and own != qualifier:
        raise Refusal(400, "InvalidParameterValueException", assumptions.OTHER_QUALIFIER)
    return FunctionName(
        (match["region"] or region).rstrip(":"),
        (match["account"] or account_id).rstrip(":"),
        match["name"],
        own or qualifier or None,
    )
