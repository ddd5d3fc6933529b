"""Calls that services make of one another, each in a role: API Gateway's integrations, Lambda's destinations."""

from local_aws.adapters.account_access import API_GATEWAY, GATEWAY_SESSION, AccountAccess
from local_aws.adapters.role_sessions import RoleSessions
from local_aws.gateway import Failed, Reply
from local_aws.iam import Claim
from local_aws.iam.claims import claim_of
from local_aws.iam.service_calls import ServiceCall, signed_headers
from local_aws.net.http import Headers, Request, Response
from local_aws.server.aws_api import AwsApi

__all__ = ["ServiceCaller"]


class ServiceCaller:
    """Signs such a call with a session of its role, and has it answered as if a client had made it."""

    def __init__(self, access: AccountAccess, sessions: RoleSessions, api: AwsApi) -> None:
        self._access = access
        self._sessions = sessions
        self._api = api

    async def call_for_gateway(self, call: ServiceCall) -> Reply:
        """What an ``AWS`` integration asks of a service. Raises Failed when its role does not trust API Gateway."""
        if not self._access.may_assume(API_GATEWAY, call.credentials):
            note = f"API Gateway does not have permission to assume the provided role {call.credentials}"
            raise Failed(500, note=f"Execution failed due to configuration error: {note}")
        response = await self._call(call, GATEWAY_SESSION)
        return Reply(response.status, tuple(response.headers), response.body)

    async def send_for_function(self, call: ServiceCall, function: str) -> int:
        """Bring a record of an asynchronous invocation to its destination, in the function's role: the HTTP status."""
        return (await self._call(call, function)).status

    async def _call(self, call: ServiceCall, session_name: str) -> Response:
        role = await self._sessions.assume(call.credentials, session_name)
        headers = signed_headers(call, role.access_key_id, role.secret_access_key, role.session_token)
        request = Request(call.method, call.target, Headers(headers), call.body)
        claim = claim_of(request)
        assert isinstance(claim, Claim)
        return await self._api.answer(request, claim)
