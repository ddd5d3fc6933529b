"""Who may do what in the account, from the control plane's roles, policies and keys."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from local_aws.control_plane import ControlPlane, Principal
from local_aws.gateway import Access, ApiKey, Caller, NotSigned, Stage
from local_aws.iam import Claim, Credentials, Guard
from local_aws.iam.authorization import Identity, denial_reason, denial_reason_for_assuming
from local_aws.iam.claims import Fault, Problem
from local_aws.iam.error_responses import connections_refusal, denial
from local_aws.iam.permissions import RequiredPermission, permissions_for
from local_aws.iam.policy_evaluation import Ask, Context, Decision, decide
from local_aws.net.http import Request, Response

__all__ = ["API_GATEWAY", "GATEWAY_SESSION", "LAMBDA", "AccountAccess", "keys_of"]

API_GATEWAY = "apigateway.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"
GATEWAY_SESSION = "BackplaneAssumeRoleSession"  # the name that API Gateway gives to its sessions of a role


def keys_of(control_plane: ControlPlane, access_key_id: str) -> Credentials | None:
    """The credentials of an access key that IAM or STS has issued, or None."""
    key = control_plane.key(access_key_id)
    return None if key is None else Credentials(access_key_id, key.secret_access_key, key.session_token, key.expires)


class AccountAccess(Access):
    """The account of one embedded AWS. ``owner`` is the root user's access key, which may do everything."""

    def __init__(self, control_plane: ControlPlane, guard: Guard, owner: Credentials) -> None:
        self._control_plane = control_plane
        self._guard = guard
        self._owner = owner
        account = control_plane.account_id
        self._root = Identity(f"arn:aws:iam::{account}:root", account, account, root=True)

    # the AWS API

    def denied(self, request: Request, claim: Claim) -> Response | None:
        """The error response if the signer may not make a call of the AWS API, else None. ``claim`` is verified.

        The signer needs every permission that the call requires.
        """
        if claim.key == self._owner.access_key_id and claim.service != "sts":
            return None
        identity = self._identity(claim.key)
        if identity is None:  # the key was deleted after its verification
            return denial(request, claim.service, "The security token included in the request is invalid.")
        account = self._control_plane.account_id
        for permission in permissions_for(request, claim.service, claim.region, account, self._control_plane.hash_key):
            context = {**_context(identity, request, claim.region), **permission.context}
            reason = self._denial_reason(identity, permission, context)
            if reason is not None:
                quoted = f'"{permission.resource}"' if claim.service == "s3" else permission.resource
                message = (
                    f"User: {identity.arn} is not authorized to perform: {permission.action} "
                    f"on resource: {quoted} {reason}"
                )
                return denial(request, claim.service, message)
        return None

    def _denial_reason(self, identity: Identity, permission: RequiredPermission, context: Context) -> str | None:
        ask = Ask(permission.action, permission.resource, context=context)
        if permission.action == "sts:AssumeRole":
            return denial_reason_for_assuming(identity, ask, self._control_plane.trust_policy(permission.resource))
        return denial_reason(identity, ask, self._control_plane.resource_policy(permission.resource))

    # for services that take a role

    def may_assume(self, service: str, role_arn: str) -> bool:
        """Whether a role exists and trusts a service of AWS, such as ``lambda.amazonaws.com``."""
        return self._control_plane.role_trusts(role_arn, service)

    def may_log(self, role_arn: str, session_name: str, region: str, group: str, stream: str) -> Callable[[str], bool]:
        """A function that tells whether the role's session may do an action of CloudWatch Logs. Safe in any thread."""
        arn = f"arn:aws:logs:{region}:{self._control_plane.account_id}:log-group:{group}:log-stream:"

        def may(action: str) -> bool:
            identity = self._role(role_arn, session_name)
            resource = arn if action == "logs:CreateLogGroup" else arn + stream
            return (
                identity is not None
                and denial_reason(identity, Ask(action, resource, context=identity.context)) is None
            )

        return may

    # for the gateway

    def may_invoke(self, function_arn: str, source_arn: str, credentials: str | None = None) -> bool:
        """Whether the function's own policy allows it, or with ``credentials`` that of the role.

        True if the function does not exist: the invocation itself reports that.
        """
        key = "may_invoke", function_arn, source_arn, credentials
        return self._control_plane.read_cache.recall(
            key, lambda: self._may_invoke(function_arn, source_arn, credentials)
        )

    def _may_invoke(self, function_arn: str, source_arn: str, credentials: str | None) -> bool:
        found = self._control_plane.function_policy(function_arn)
        if found is None:
            return True
        arn, policy = found
        if credentials is not None:
            role = self._role(credentials, GATEWAY_SESSION) if self.may_assume(API_GATEWAY, credentials) else None
            if role is None:
                return False
            return denial_reason(role, Ask("lambda:InvokeFunction", arn, context=role.context), policy) is None
        context = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_arn.split(":")[4]}
        ask = Ask("lambda:InvokeFunction", arn, ("Service", API_GATEWAY), context)
        return decide([policy], ask) is Decision.ALLOWED

    def api_key(self, value: str, stage: Stage) -> ApiKey | None:
        """The API key with this value, if a usage plan of the stage has it, else None."""
        found = self._control_plane.api_key(value, stage.region, stage.api_id, stage.name)
        return None if found is None else ApiKey(found.id, found.value, found.plan_id, found.throttle)

    def caller(self, request: Request, region: str) -> Caller | NotSigned:
        """The identity that signed a request for ``execute-api``, verified by the guard."""
        claim = self._guard.signer(request, region)
        if isinstance(claim, Problem):
            return NotSigned() if claim.fault is Fault.MISSING else NotSigned(claim.message)
        identity = self._identity(claim.key)
        if identity is None:
            return NotSigned("The security token included in the request is invalid.")
        return Caller(identity.arn, identity.user_id, identity.account_id, claim.key)

    def refusal(self, request: Request, stage: Stage, action: str, resource: str) -> Response | None:
        """The error response if the signature is invalid or the caller's own policies do not allow it, else None."""
        claim = self._guard.signer(request, stage.region)
        if isinstance(claim, Problem):
            return connections_refusal(claim)
        identity = self._identity(claim.key)
        if identity is not None:
            context = _context(identity, request, stage.region)
            if denial_reason(identity, Ask(action, resource, context=context)) is None:
                return None
        return _no_connections(identity.arn if identity else "anonymous", stage, request.method, action)

    def may(self, caller: Caller, request: Request, action: str, resource: str) -> bool:
        """Whether the caller's own policies allow an action on a resource."""
        identity = self._identity(caller.access_key)
        if identity is None:
            return False
        context = _context(identity, request, resource.split(":")[3])
        return denial_reason(identity, Ask(action, resource, context=context)) is None

    def _identity(self, key: str) -> Identity | None:
        if key == self._owner.access_key_id:
            return self._root
        plane = self._control_plane
        return plane.read_cache.recall(("identity", key), lambda: _identity_of(plane.principal(key)))

    def _role(self, role_arn: str, session_name: str) -> Identity | None:
        plane, key = self._control_plane, ("identity", role_arn, session_name)
        return plane.read_cache.recall(key, lambda: _identity_of(plane.role(role_arn, session_name)))


def _identity_of(found: Principal | None) -> Identity | None:
    if found is None:
        return None
    return Identity(
        found.arn,
        found.user_id,
        found.account_id,
        found.role_arn,
        found.policies,
        found.boundary,
        found.session_policies,
    )


def _context(identity: Identity, request: Request, region: str) -> Context:
    """The condition keys that every request has.

    ``aws:SecureTransport`` is true: a request over loopback stands for one to AWS over TLS.
    """
    return {
        **identity.context,
        "aws:sourceip": request.client[0],
        "aws:requestedregion": region,
        "aws:securetransport": "true",
        "aws:viaawsservice": "false",
        "aws:currenttime": lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": lambda: str(int(time.time())),
    }


def _no_connections(arn: str, stage: Stage, method: str, action: str) -> Response:
    """AWS's answer to a signed call of ``@connections`` without the permission (spec 193).

    The account is masked, and AWS writes ``{connectionId}`` literally.
    """
    where = f"{stage.region}:{stage.masked_account_id}:{stage.api_id}/{stage.name}"
    resource = f"arn:aws:execute-api:{where}/{method}/@connections"
    message = f"User: {arn} is not authorized to perform: {action} on resource: {resource}/{{connectionId}}"
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "AccessDeniedException")]
    return Response(403, headers, json.dumps({"Message": message}).encode())
