"""What the gateway asks of whoever knows the account: its permissions, its API keys, its callers."""

from dataclasses import dataclass

from local_aws.gateway.config.stage import Stage
from local_aws.net.http import Request, Response

__all__ = ["CLOSED", "Access", "ApiKey", "Caller", "NotSigned"]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An enabled key that is in a usage plan of the stage asked for (spec 225).

    ``throttle`` is the plan's own limit, requests a second and at once, if it sets one.
    """

    id: str
    value: str
    plan_id: str
    throttle: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed a request (spec 224), and the id of the key it was signed with."""

    arn: str
    user_id: str
    account_id: str
    access_key: str


@dataclass(frozen=True, slots=True)
class NotSigned:
    """Nobody known signed it; ``message`` is what the client is told, with 403."""

    message: str = "Missing Authentication Token"


class Access:
    """Knows nobody: no key and no signature opens. What it does not decide, running functions, it does not hinder."""

    def may_invoke(self, function_arn: str, source_arn: str, credentials: str | None = None) -> bool:
        """Whether API Gateway may invoke a function for a route or an authorizer (spec 10, 263).

        ``credentials`` is the ARN of the role in which it does, where the integration or the authorizer names one.
        """
        return True

    def api_key(self, value: str, stage: Stage) -> ApiKey | None:
        """The key of that value when it may be used on the stage, or None."""
        return None

    def caller(self, request: Request, region: str) -> Caller | NotSigned:
        """Who signed a request for ``execute-api`` in a region, header or query (spec 222, 223)."""
        return NotSigned()

    def refusal(self, request: Request, stage: Stage, action: str, resource: str) -> Response | None:
        """Why a signed call about a stage may not be made (spec 192, 193); None when it may."""
        headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ForbiddenException")]
        return Response(403, headers, b'{"message":"Forbidden"}')

    def may(self, caller: Caller, request: Request, action: str, resource: str) -> bool:
        """Whether the own policies of who signed a request allow an action on a resource."""
        return False


CLOSED = Access()
