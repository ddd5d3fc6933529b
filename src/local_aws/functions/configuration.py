"""What Lambda knows about a function, and the interfaces through which it is looked up."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from local_aws.functions.names import FunctionName

__all__ = ["Alias", "Catalog", "ConcurrencyLimits", "EnvironmentOf", "EventSettings", "FunctionConfiguration"]


@dataclass(frozen=True, slots=True)
class FunctionConfiguration:
    """One version of a function, as ``GetFunctionConfiguration`` describes it.

    Equal configurations may share sandboxes; a changed configuration never gets a sandbox of the old one.
    ``timeout`` is in seconds, ``memory_size`` in MB. ``log_format`` is ``Text`` or ``JSON``; the log levels apply to
    ``JSON`` only. ``layers`` are the ARNs of layer versions, in order; a layer version never changes. ``dead_letter``
    is the ARN of a queue or a topic. ``last_modified`` distinguishes a function from a deleted one with the same name
    and code.
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
    dead_letter: str | None = None
    system_log_level: str = "INFO"
    layers: tuple[str, ...] = ()
    last_modified: str = ""

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


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version; ``weights`` maps other versions to the share of the calls, 0 to 1, that each gets."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConcurrencyLimits:
    """How many invocations may run at once in a region: ``account`` in all, ``reserved`` by function name."""

    account: int = 1000
    reserved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventSettings:
    """What ``PutFunctionEventInvokeConfig`` sets; ages in seconds, destinations as ARNs."""

    maximum_retry_attempts: int = 2
    maximum_event_age: int = 6 * 60 * 60
    on_success: str | None = None
    on_failure: str | None = None


class Catalog(Protocol):
    """Where functions are looked up. All calls are quick and are made on the event loop's thread."""

    def configuration(self, name: FunctionName) -> FunctionConfiguration:
        """Return the version that the name's qualifier (a version or an alias) names; ``$LATEST`` without one.

        Raises ``errors.FunctionNotFound``.
        """

    def alias(self, name: FunctionName) -> Alias | None:
        """Return the alias that the name's qualifier names, or None if it names none."""

    def event_settings(self, name: FunctionName) -> EventSettings:
        """Return the settings for asynchronous invocations of that function and qualifier."""

    def concurrency(self, region: str) -> ConcurrencyLimits:
        """Return a region's limits as they are now."""

    def code(self, configuration: FunctionConfiguration) -> bytes:
        """Return the zip that was deployed for this configuration."""

    def layers(self, configuration: FunctionConfiguration) -> Sequence[bytes]:
        """Return the zips of its layers, in order."""


EnvironmentOf = Callable[[FunctionConfiguration], Awaitable[Mapping[str, str]]]
"""Returns the variables that a sandbox gets beside Lambda's own: endpoint, proxy, CA and role credentials.

Called once per sandbox, when it starts.
"""
