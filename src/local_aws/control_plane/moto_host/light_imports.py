"""Imports moto one second faster.

``moto.cloudformation.parsing`` imports the models of thirty services. Two of those do slow work at import that an
embedded AWS for WebSocket APIs never uses (seen in moto 5.2.5, measured with ``python -X importtime``):

- ``moto.apigateway`` imports ``openapi_spec_validator``, whose jsonschema builds a grammar of all URIs
  (``rfc3987_syntax``): only ImportRestApi and PutRestApi need it, so it is imported at their first call;
- ``moto.ec2`` asks a fresh boto3 session for the regions of each partition, and each session parses botocore's
  ``endpoints.json`` again: here one session answers all of them.
"""

import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from local_aws.patching import patched

__all__ = ["lighter_imports"]

_VALIDATOR = "openapi_spec_validator"
_VALIDATOR_MODULES = (_VALIDATOR, f"{_VALIDATOR}.validation", f"{_VALIDATOR}.validation.exceptions")


@contextmanager
def lighter_imports() -> Iterator[None]:
    """Inside the block, importing moto's services skips that slow work or does it only once."""
    stand_ins = {} if _VALIDATOR in sys.modules else _validator_on_demand()
    sys.modules.update(stand_ins)
    available_regions = boto3.Session.get_available_regions
    shared = boto3.Session()

    def get_available_regions(self: boto3.Session, *args: Any, **kwargs: Any) -> list[str]:
        return available_regions(shared, *args, **kwargs)

    try:
        with patched(boto3.Session, "get_available_regions", get_available_regions):
            yield
    finally:
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _validator_on_demand() -> dict[str, types.ModuleType]:
    class OpenAPIValidationError(Exception):
        """The exception that moto catches; ``validate`` raises it instead of the real one."""

    def validate(*args: Any, **kwargs: Any) -> Any:
        real = importlib.import_module(_VALIDATOR)
        try:
            return real.validate(*args, **kwargs)
        except importlib.import_module(_VALIDATOR_MODULES[2]).OpenAPIValidationError as error:
            raise OpenAPIValidationError(str(error)) from error

    modules = {name: types.ModuleType(name) for name in _VALIDATOR_MODULES}
    vars(modules[_VALIDATOR])["validate"] = validate
    vars(modules[_VALIDATOR_MODULES[2]])["OpenAPIValidationError"] = OpenAPIValidationError
    return modules
