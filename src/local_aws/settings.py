"""The environment variables that set something of ``local-aws up``, with their bounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.errors import BadSetting

__all__ = ["VARIABLES", "Settings", "Variable", "help_text"]


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable with a whole number from ``least`` to ``most``; ``says`` is its help text."""

    name: str
    least: int
    most: int
    unit: str
    description: str

    def read(self, environment: Mapping[str, str]) -> int | None:
        """Return its value, or None if it is unset or empty. Raises BadSetting."""
        text = environment.get(self.name, "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit()) or not self.least <= int(text) <= self.most:
            raise BadSetting(self.name, text, f"a whole number of {self.unit} from {self.least} to {self.most}")
        return int(text)


SANDBOXES = Variable(
    "LOCAL_AWS_SANDBOXES",
    1,
    256,
    "sandboxes",
    "how many processes are kept for functions at most; default six for each core, at least 12",
)
SANDBOX_WAIT = Variable(
    "LOCAL_AWS_SANDBOX_WAIT",
    0,
    900,
    "seconds",
    "how long an invocation waits for one of them before it is throttled; default 10",
)
CONCURRENT_EXECUTIONS = Variable(
    "LOCAL_AWS_CONCURRENT_EXECUTIONS",
    1,
    1000,
    "invocations",
    "the account's limit of concurrent Lambda executions; default 1000, as on AWS",
)
VARIABLES = (SANDBOXES, SANDBOX_WAIT, CONCURRENT_EXECUTIONS)


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of the variables; None where the default applies. ``sandbox_wait`` is in seconds."""

    sandboxes: int | None = None
    sandbox_wait: int | None = None
    concurrent_executions: int | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables from an environment. Raises BadSetting."""
        return cls(*(variable.read(environment) for variable in VARIABLES))


def help_text() -> str:
    """Return the section of the command's help that lists the variables."""
    lines = ["environment variables:"]
    for variable in VARIABLES:
        lines += [f"  {variable.name}", f"      {variable.description}"]
    return "\n".join(lines)
