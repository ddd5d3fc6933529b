"""What the gateway asks about its account: permissions, API keys and callers."""

from dataclasses import dataclass

from local_aws.gateway.config.stage import Stage
from local_aws.net.http import Request, Response

__all__ = ["CLOSED", "Access", "ApiKey", "Caller", "NotSigned"]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An enabled API key in a usage plan of the stage (spec 225).

    ``throttle`` is the plan's own limit as (requests per second, burst); None if the plan sets none.
    """

    id: str
    value: str
    plan_id: str
    throttle: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """The identity that signed a request (spec 224), and the id of its access key."""

    arn: str
    user_id: str
    account_id: str
    access_key: str


@dataclass(frozen=True, slots=True)
class NotSigned:
    """The request has no valid signature of a known identity; the client gets 403 with ``message``."""

    message: str = "Missing Authentication Token"


class Access:
    """Denies every key and signature; allows invocations."""

    def may_invoke(self, function_arn: str, source_arn: str, credentials: str | None = None) -> bool:
        """Whether API Gateway may invoke a function for a route or an authorizer (spec 10, 263).

        ``credentials`` is the ARN of the role that API Gateway takes, if the integration or authorizer names one.
        """
        return True

    def api_key(self, value: str, stage: Stage) -> ApiKey | None:
        """The API key with this value if it may be used on the stage, else None."""
        return None

    def caller(self, request: Request, region: str) -> Caller | NotSigned:
        """The identity that signed a request for ``execute-api``, in its header or its query (spec 222, 223)."""
        return NotSigned()

    def refusal(self, request: Request, stage: Stage, action: str, resource: str) -> Response | None:
        """The error response if the caller may not make a signed call about a stage (spec 192, 193), else None."""
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ForbiddenException")]
        return Response(403, headers, b'{"message":"Forbidden"}')

    def may(self, caller: Caller, request: Request, action: str, resource: str) -> bool:
        """Whether the caller's own policies allow an action on a resource."""
        return False


CLOSED = Access()
