"""What the control plane and the keyring know of permissions, keys and callers, as the gateway's room asks for it."""

import json

from local_aws.control_plane import ControlPlane
from local_aws.gateway import Access, ApiKey, Caller, NotSigned, Stage
from local_aws.http import Request, Response
from local_aws.identity import Credentials, Guard
from local_aws.identity.claims import Fault, Problem, claim_of
from local_aws.policies import Ask, Decision, decide

__all__ = ["AccountAccess", "keys_of"]

API_GATEWAY = ("Service", "apigateway.amazonaws.com")


def keys_of(control_plane: ControlPlane, access_key_id: str) -> Credentials | None:
    """The credentials of a key that IAM or STS has given out."""
    principal = control_plane.principal(access_key_id)
    if principal is None:
        return None
    return Credentials(access_key_id, principal.secret_access_key, principal.session_token)


class AccountAccess(Access):
    """The account of one embedded AWS. ``owner`` is its own access key: as root, it may do everything."""

    def __init__(self, control_plane: ControlPlane, guard: Guard, owner: Credentials) -> None:
        self._control_plane = control_plane
        self._guard = guard
        self._owner = owner

    def may_invoke(self, function_arn: str, source_arn: str) -> bool:
        """What the function's own policy says. A function that does not exist is not this one's to refuse."""
        found = self._control_plane.function_policy(function_arn)
        if found is None:
            return True
        arn, policy = found
        context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]}
        ask = Ask("lambda:InvokeFunction", arn, API_GATEWAY, context)
        return decide([policy], ask) is Decision.ALLOWED

    def api_key(self, value: str, stage: Stage) -> ApiKey | None:
        """From the usage plans of the stage."""
        found = self._control_plane.api_key(value, stage.region, stage.api_id, stage.name)
        return None if found is None else ApiKey(found.id, found.value, found.plan_id, found.throttle)

    def caller(self, request: Request, region: str) -> Caller | NotSigned:
        """By the signature, as the guard verifies it."""
        claim = self._guard.signer(request, region)
        if isinstance(claim, Problem):
            return NotSigned() if claim.fault is Fault.MISSING else NotSigned(claim.message)
        return self._behind(claim.key) or NotSigned("The security token included in the request is invalid.")

    def refusal(self, request: Request, stage: Stage, action: str, resource: str) -> Response | None:
        """By the signature, and then by the caller's own policies."""
        refused = self._guard.connections(request, stage.region)
        if refused is not None:
            return refused
        claim = claim_of(request)
        caller = None if isinstance(claim, Problem) else self._behind(claim.key)
        if caller is not None and self.may(caller, action, resource):
            return None
        return _denied(caller.arn if caller else "anonymous", stage, request.method, action)

    def may(self, caller: Caller, action: str, resource: str) -> bool:
        """What the caller's own policies say."""
        if caller.access_key == self._owner.access_key_id:
            return True
        principal = self._control_plane.principal(caller.access_key)
        return principal is not None and decide(principal.policies, Ask(action, resource)) is Decision.ALLOWED

    def _behind(self, key: str) -> Caller | None:
        if key == self._owner.access_key_id:
            account = self._control_plane.account_id
            return Caller(f"arn:aws:iam::{account}:root", account, account, key)
        principal = self._control_plane.principal(key)
        if principal is None:
            return None
        return Caller(principal.arn, principal.user_id, principal.account_id, key)


def _denied(arn: str, stage: Stage, method: str, action: str) -> Response:
    """AWS's answer to a signed call of ``@connections`` without the permission (spec 193).

    The account is masked, and ``{connectionId}`` is literally that.
    """
    account = "********" + stage.account_id[-4:]
    resource = f"arn:aws:execute-api:{stage.region}:{account}:{stage.api_id}/{stage.name}/{method}/@connections"
    message = f"User: {arn} is not authorized to perform: {action} on resource: {resource}/{{connectionId}}"
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "AccessDeniedException")]
    return Response(403, headers, json.dumps({"Message": message}).encode())
