"""The control plane's functions, through the interface of the ``functions`` package."""

from collections.abc import Sequence

from local_aws.control_plane import ControlPlane
from local_aws.errors import FunctionNotFound
from local_aws.functions import (
    Alias,
    Catalog,
    ConcurrencyLimits,
    EventSettings,
    FunctionConfiguration,
    FunctionName,
)

__all__ = ["FunctionCatalog"]


class FunctionCatalog(Catalog):
    """The functions of the account."""

    def __init__(self, control_plane: ControlPlane) -> None:
        self._control_plane = control_plane

    def configuration(self, name: FunctionName) -> FunctionConfiguration:
        """The configuration of a function; the same object until it changes. Raises FunctionNotFound."""
        return self._control_plane.read_cache.recall(("configuration", name), lambda: self._configuration(name))

    def _configuration(self, name: FunctionName) -> FunctionConfiguration:
        found = self._control_plane.lambda_configuration(name.arn, name.qualifier)
        if found is None or name.account_id != self._control_plane.account_id:
            raise FunctionNotFound(name.qualified)
        arn = found["FunctionArn"]
        logging = found.get("LoggingConfig") or {}
        return FunctionConfiguration(
            name=found["FunctionName"],
            arn=arn,
            version=found["Version"],
            runtime=found.get("Runtime") or found.get("PackageType") or "",
            handler=found.get("Handler") or "",
            timeout=found["Timeout"],
            memory_size=found["MemorySize"],
            environment=(found.get("Environment") or {}).get("Variables") or {},
            role=found["Role"],
            log_group=logging.get("LogGroup") or f"/aws/lambda/{found['FunctionName']}",
            code_sha256=found["CodeSha256"],
            architectures=tuple(found.get("Architectures") or ("x86_64",)),
            region=arn.split(":")[3],
            account_id=arn.split(":")[4],
            log_format=logging.get("LogFormat") or "Text",
            dead_letter=(found.get("DeadLetterConfig") or {}).get("TargetArn"),
            application_log_level=logging.get("ApplicationLogLevel") or "INFO",
            system_log_level=logging.get("SystemLogLevel") or "INFO",
            layers=tuple(layer["Arn"] for layer in found.get("Layers") or ()),
            last_modified=found["LastModified"],
        )

    def alias(self, name: FunctionName) -> Alias | None:
        """The alias that the name's qualifier names, or None."""
        found = self._control_plane.lambda_alias(name.arn, name.qualifier) if name.qualifier else None
        return None if found is None else Alias(*found)

    def event_settings(self, name: FunctionName) -> EventSettings:
        """The settings of PutFunctionEventInvokeConfig, or the defaults."""
        found = self._control_plane.lambda_event_settings(name.arn, name.qualifier)
        destinations, usual = found.get("DestinationConfig") or {}, EventSettings()
        return EventSettings(
            found.get("MaximumRetryAttempts", usual.maximum_retry_attempts),
            found.get("MaximumEventAgeInSeconds", usual.maximum_event_age),
            (destinations.get("OnSuccess") or {}).get("Destination"),
            (destinations.get("OnFailure") or {}).get("Destination"),
        )

    def concurrency(self, region: str) -> ConcurrencyLimits:
        """The account's concurrency limit, and the reserved concurrency of functions."""
        limits = self._control_plane.lambda_concurrency(region)
        return self._control_plane.read_cache.recall(("concurrency", region), lambda: ConcurrencyLimits(*limits))

    def code(self, configuration: FunctionConfiguration) -> bytes:
        """The function's zip."""
        return self._control_plane.lambda_code(configuration.arn, configuration.version)

    def layers(self, configuration: FunctionConfiguration) -> Sequence[bytes]:
        """The zips of its layers, in order."""
        return self._control_plane.lambda_layers(configuration.arn, configuration.version)
