"""What Lambda knows about a function, and who is asked for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["Catalog", "EnvironmentOf", "FunctionConfiguration"]


@dataclass(frozen=True, slots=True)
class FunctionConfiguration:
    """One version of a function, as ``GetFunctionConfiguration`` describes it.

    Two configurations that compare equal may share sandboxes; a changed one never meets an old sandbox.
    ``timeout`` is in seconds, ``memory_size`` in MB, ``log_format`` is ``Text`` or ``JSON``, and the log levels count
    with the latter only. ``layers`` are the ARNs of layer versions, in order; what such an ARN names never changes.
    """

    name: str
    arn: str
    version: str
    runtime: str
    handler: str
    role: str
    code_sha256: str
    region: str
    account_id: str
    timeout: float = 3
    memory_size: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    log_group: str = ""
    architectures: tuple[str, ...] = ("x86_64",)
    log_format: str = "Text"
    application_log_level: str = "INFO"
    system_log_level: str = "INFO"
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.log_group:
            object.__setattr__(self, "log_group", f"/aws/lambda/{self.name}")

    def __hash__(self) -> int:
        # The environment is a mapping and cannot be hashed; equality still compares it.
        return hash((self.arn, self.version, self.code_sha256))

    @property
    def identity(self) -> tuple[str, str]:
        """What stays the same when the function is updated: its ARN and version."""
        return (self.arn, self.version)


class Catalog(Protocol):
    """Where functions are looked up. All calls are quick and are made on the event loop's thread."""

    def configuration(self, function: str, qualifier: str | None) -> FunctionConfiguration:
        """The function of that name, partial ARN or ARN.

        Raises ``errors.FunctionNotFound``.
        """

    def code(self, configuration: FunctionConfiguration) -> bytes:
        """The zip that was deployed for this configuration."""

    def layers(self, configuration: FunctionConfiguration) -> Sequence[bytes]:
        """The zips of its layers, in their order."""


EnvironmentOf = Callable[[FunctionConfiguration], Awaitable[Mapping[str, str]]]
"""Gives what a sandbox's environment holds beside Lambda's own: endpoint, proxy, CA and role credentials.

Asked once per sandbox, when it starts.
"""
