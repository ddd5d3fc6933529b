"""Who writes into the log groups of the account, each in a role of its own: functions and API Gateway."""

from collections.abc import Sequence

from local_aws.adapters.account_access import API_GATEWAY, GATEWAY_SESSION, AccountAccess
from local_aws.control_plane import ControlPlane
from local_aws.functions import FunctionConfiguration, LogEvent
from local_aws.telemetry.log_batches import LogGroup

__all__ = ["ApiLogs", "FunctionLogs"]


class FunctionLogs:
    """The log groups of the account, written to in the function's role."""

    def __init__(self, control_plane: ControlPlane, access: AccountAccess) -> None:
        self._control_plane = control_plane
        self._access = access

    def write(self, configuration: FunctionConfiguration, stream: str, events: Sequence[LogEvent]) -> None:
        """Append events, as far as the function's role may."""
        group, region = configuration.log_group, configuration.region
        self._control_plane.put_log_events(
            group,
            stream,
            [(event.timestamp_ms, event.message) for event in events],
            region=region,
            may=self._access.may_log(configuration.role, configuration.name, region, group, stream),
        )


class ApiLogs:
    """The log groups of the account, written to in the role that the account gave API Gateway (spec 253)."""

    def __init__(self, control_plane: ControlPlane, access: AccountAccess) -> None:
        self._control_plane = control_plane
        self._access = access

    def write(self, group: LogGroup, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Append lines, each with its epoch milliseconds, as far as that role may; nothing when there is none."""
        role = self._control_plane.cloudwatch_role(group.region)
        if role is not None and self._access.may_assume(API_GATEWAY, role):
            self._control_plane.put_log_events(
                group.name,
                stream,
                lines,
                region=group.region,
                make_group=group.managed,
                may=self._access.may_log(role, GATEWAY_SESSION, group.region, group.name, stream),
            )
