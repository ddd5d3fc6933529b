"""What moto says of functions, roles, keys and deployed APIs to those who ask for every message of a client."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from local_aws.control_plane.iam_store.model import Key, Principal
from local_aws.control_plane.lambda_api.function_names import read_function_name
from local_aws.control_plane.moto_host.read_cache import ReadCache, cached

if TYPE_CHECKING:
    from local_aws.control_plane.api_gateway.store import WebSocketApis
    from local_aws.control_plane.api_gateway.usage_plans import PlannedKey

__all__ = ["Queries"]


class Queries:
    """Read from any thread, without blocking, what was last finished on moto's own; until that is imported, nothing.

    What is given is the same object as long as nothing changed, and not for changing.
    """

    def __init__(self, *, account_id: str, region: str, concurrent_executions: int) -> None:
        self.account_id = account_id
        self.region = region
        self.memory = ReadCache()
        """What was read here, or made of that, by whoever asks often; it is forgotten when something changes."""
        self._concurrent_executions = concurrent_executions
        self._ready = threading.Event()

    # for the gateway

    @cached
    def deployed(self, api_id: str, stage_name: str) -> dict[str, Any] | None:
        """What clients of a stage get, or None when nothing is deployed there (spec 230).

        Has ``api``, ``stage``, ``deploymentId``, ``routes``, ``integrations``, ``authorizers`` and ``models`` in the
        API's camelCase. The stage is live, all else is what its deployment froze (spec 231, 232). The same object
        as long as nothing changed.
        """
        for apis in self._websocket_apis():
            found = apis.deployed(api_id, stage_name)
            if found is not None:
                return found
        return None

    def domain_mappings(self, host: str) -> Mapping[str, tuple[str, str]] | None:
        """Mapping key → API id and stage of a custom domain name (spec 259), or None when a host is none."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.cloudformation.types import all_domain_names

        found = (names.mappings(host) for names in all_domain_names())
        return next((mappings for mappings in found if mappings is not None), None)

    # for functions

    @cached
    def lambda_configuration(self, function: str, qualifier: str | None = None) -> dict[str, Any] | None:
        """GetFunctionConfiguration of a function by name, partial ARN or ARN; None when there is none."""
        found = self._function(function, qualifier)
        return None if found is None else dict(found.get_configuration())

    def lambda_code(self, function: str, qualifier: str | None = None) -> bytes:
        """The function's zip. Raises KeyError when there is no such function."""
        found = self._function(function, qualifier)
        if found is None:
            raise KeyError(function)
        return bytes(found.code_bytes)

    def lambda_layers(self, function: str, qualifier: str | None = None) -> list[bytes]:
        """The zips of the function's layers, in their order. Raises KeyError when there is no such function."""
        found = self._function(function, qualifier)
        if found is None:
            raise KeyError(function)
        return [bytes(version.code_bytes) for version in found.layer_versions]

    @cached
    def lambda_alias(self, function: str, name: str) -> tuple[str, dict[str, float]] | None:
        """The version of an alias of a function (by name or ARN), and the weights of others; None when it is none."""
        found = self._function(function, None)
        if found is None:
            return None
        aliases = self._functions_of(function)._aliases.get(found.function_arn, {})
        alias = aliases.get(name)
        if alias is None:
            return None
        return alias.function_version, dict((alias.routing_config or {}).get("AdditionalVersionWeights") or {})

    @cached
    def lambda_event_settings(self, function: str, qualifier: str | None) -> dict[str, Any]:
        """GetFunctionEventInvokeConfig of a function by ARN; empty when there is none."""
        found = self._function(function, None)
        if found is None:
            return {}
        return dict(vars(found).get("event_settings", {}).get(qualifier or "$LATEST", {}))

    @cached
    def lambda_concurrency(self, region: str) -> tuple[int, dict[str, int]]:
        """How many invocations may run at once in a region, and what functions reserved of that: name → number."""
        if not self._ready.is_set():
            return self._concurrent_executions, {}
        from local_aws.control_plane.lambda_api.function_settings import concurrency

        return concurrency(self.account_id, region)

    @cached
    def function_policy(self, function: str, qualifier: str | None = None) -> tuple[str, dict[str, Any]] | None:
        """The ARN of a function, version or alias as asked for, and its resource policy; None when there is none."""
        found = self._function(function, qualifier)
        if found is None:
            return None
        suffix = read_function_name(function)[2] or qualifier
        # moto keeps one policy for all versions and aliases; the Resource of each statement says whose it is
        unqualified = ":".join(found.function_arn.split(":")[:7])
        arn = unqualified + (f":{suffix}" if suffix and suffix != "$LATEST" else "")
        return arn, {"Version": "2012-10-17", "Statement": list(found.policy.statements)}

    # for identity

    @cached
    def key(self, access_key_id: str) -> Key | None:
        """The secret of a key that IAM or STS has given out, or None."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import key_of

        return key_of(self.account_id, access_key_id)

    @cached
    def principal(self, access_key_id: str) -> Principal | None:
        """The user or the role's session behind a key that IAM or STS has given out, or None."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import principal_of

        return principal_of(self.account_id, access_key_id)

    @cached
    def role(self, role_arn: str, session_name: str) -> Principal | None:
        """What a session of a role would be, or None when there is no such role."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import role_principal

        return role_principal(self.account_id, role_arn, session_name)

    @cached
    def role_trusts(self, role_arn: str, service: str) -> bool:
        """Whether a role is there and a service of AWS, such as ``lambda.amazonaws.com``, may assume it."""
        if not self._ready.is_set():
            return False
        from local_aws.control_plane.iam_store.principals import trusts

        return trusts(self.account_id, role_arn, service)

    @cached
    def trust_policy(self, role_arn: str) -> Mapping[str, Any] | None:
        """Who may assume a role, or None when there is no such role."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import trust_policy_of

        return trust_policy_of(self.account_id, role_arn)

    @cached
    def resource_policy(self, arn: str) -> Mapping[str, Any] | None:
        """The policy that a function, a queue, a topic, a bucket or a table has of its own, or None."""
        if not self._ready.is_set():
            return None
        if ":function:" in arn:
            found = self.function_policy(arn)
            return None if found is None else found[1]
        from local_aws.control_plane.iam_store.resource_policies import resource_policy_of

        return resource_policy_of(self.account_id, arn)

    @cached
    def hash_key(self, table_arn: str) -> str | None:
        """The name of a DynamoDB table's hash key, or None when there is no such table."""
        from local_aws.control_plane.iam_store.resource_policies import hash_key_of

        return hash_key_of(self.account_id, table_arn)

    @cached
    def api_key(self, value: str, region: str, api_id: str, stage: str) -> "PlannedKey | None":
        """The enabled API key of that value, when a usage plan of the stage has it."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.api_gateway.usage_plans import planned_key

        return planned_key(self.account_id, region, value, api_id, stage)

    @cached
    def cloudwatch_role(self, region: str) -> str | None:
        """The role with which API Gateway writes logs for this account in a region (UpdateAccount), or None."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.api_gateway.account import cloudwatch_role

        return cloudwatch_role(self.account_id, region)

    def _websocket_apis(self) -> Sequence["WebSocketApis"]:
        if not self._ready.is_set():
            return ()
        from local_aws.control_plane.cloudformation.types import all_websocket_apis

        return all_websocket_apis()

    def _function(self, function: str, qualifier: str | None) -> Any:
        if not self._ready.is_set():
            return None  # nothing was created before moto was there
        name, _, own_qualifier = read_function_name(function)
        try:
            functions = self._functions_of(function)
            return functions.get_function_by_name_or_arn_with_qualifier(name, own_qualifier or qualifier)
        except Exception:  # moto has an exception of its own for each way of not being there, the region too
            return None

    def _functions_of(self, function: str) -> Any:
        """moto's storage of the region that the function is of."""
        from moto.awslambda.models import lambda_backends

        return lambda_backends[self.account_id][read_function_name(function)[1] or self.region]._lambdas
