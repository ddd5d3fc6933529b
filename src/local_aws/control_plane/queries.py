"""Fast reads of moto's functions, roles, keys and deployed APIs, for callers that need them at every message."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from local_aws.control_plane.iam_store.model import Key, Principal
from local_aws.control_plane.lambda_api.function_names import read_function_name
from local_aws.control_plane.moto_host.read_cache import ReadCache, cached

if TYPE_CHECKING:
    from local_aws.control_plane.api_gateway.store import WebSocketApis
    from local_aws.control_plane.api_gateway.usage_plans import UsagePlanKey

__all__ = ["Queries"]


class Queries:
    """Reads the state of moto from any thread, without blocking. Until moto is imported, it finds nothing.

    Cached answers are the same object until something changes. Callers must not modify them.
    """

    def __init__(self, *, account_id: str, region: str, concurrent_executions: int) -> None:
        self.account_id = account_id
        self.region = region
        self.read_cache = ReadCache()
        """Caches answers, and what callers compute from them; invalidated when a resource may have changed."""
        self._concurrent_executions = concurrent_executions
        self._ready = threading.Event()

    # for the gateway

    @cached
    def deployed(self, api_id: str, stage_name: str) -> dict[str, Any] | None:
        """The configuration that a stage serves; None if nothing is deployed there (spec 230).

        Has ``api``, ``stage``, ``deploymentId``, ``routes``, ``integrations``, ``authorizers`` and ``models`` in the
        API's camelCase. The stage is as it is now; the rest is from the deployment's snapshot (spec 231, 232).
        """
        for apis in self._websocket_apis():
            found = apis.deployed(api_id, stage_name)
            if found is not None:
                return found
        return None

    def domain_mappings(self, host: str) -> Mapping[str, tuple[str, str]] | None:
        """Mapping key → (API id, stage) of a custom domain name (spec 259); None if the host is not one."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.cloudformation.types import all_domain_names

        found = (names.mappings(host) for names in all_domain_names())
        return next((mappings for mappings in found if mappings is not None), None)

    # for functions

    @cached
    def lambda_configuration(self, function: str, qualifier: str | None = None) -> dict[str, Any] | None:
        """The answer of GetFunctionConfiguration for a name, partial ARN or ARN; None if there is no such function."""
        found = self._function(function, qualifier)
        return None if found is None else dict(found.get_configuration())

    def lambda_code(self, function: str, qualifier: str | None = None) -> bytes:
        """The function's zip. Raises KeyError if there is no such function."""
        found = self._function(function, qualifier)
        if found is None:
            raise KeyError(function)
        return bytes(found.code_bytes)

    def lambda_layers(self, function: str, qualifier: str | None = None) -> list[bytes]:
        """The zips of the function's layers, in order. Raises KeyError if there is no such function."""
        found = self._function(function, qualifier)
        if found is None:
            raise KeyError(function)
        return [bytes(version.code_bytes) for version in found.layer_versions]

    @cached
    def lambda_alias(self, function: str, name: str) -> tuple[str, dict[str, float]] | None:
        """An alias's version, and version → weight of its routing; None if there is no such alias.

        ``function`` is a name or an ARN.
        """
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
        """The answer of GetFunctionEventInvokeConfig for a function's ARN; empty if there is no such config."""
        found = self._function(function, None)
        if found is None:
            return {}
        return dict(vars(found).get("event_settings", {}).get(qualifier or "$LATEST", {}))

    @cached
    def lambda_concurrency(self, region: str) -> tuple[int, dict[str, int]]:
        """The account's limit of concurrent executions in a region, and function name → reserved concurrency."""
        if not self._ready.is_set():
            return self._concurrent_executions, {}
        from local_aws.control_plane.lambda_api.function_settings import concurrency

        return concurrency(self.account_id, region)

    @cached
    def function_policy(self, function: str, qualifier: str | None = None) -> tuple[str, dict[str, Any]] | None:
        """The ARN of the function, version or alias, and its resource policy; None if it does not exist."""
        found = self._function(function, qualifier)
        if found is None:
            return None
        suffix = read_function_name(function)[2] or qualifier
        # moto keeps one policy for all versions and aliases; the Resource of a statement names the one it belongs to
        unqualified = ":".join(found.function_arn.split(":")[:7])
        arn = unqualified + (f":{suffix}" if suffix and suffix != "$LATEST" else "")
        return arn, {"Version": "2012-10-17", "Statement": list(found.policy.statements)}

    # for iam

    @cached
    def key(self, access_key_id: str) -> Key | None:
        """The secret of an access key from IAM or STS, or None."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import key_of

        return key_of(self.account_id, access_key_id)

    @cached
    def principal(self, access_key_id: str) -> Principal | None:
        """The user or the role session that has an access key from IAM or STS, or None."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import principal_of

        return principal_of(self.account_id, access_key_id)

    @cached
    def role(self, role_arn: str, session_name: str) -> Principal | None:
        """The principal of a session of a role; None if there is no such role."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import role_principal

        return role_principal(self.account_id, role_arn, session_name)

    @cached
    def role_trusts(self, role_arn: str, service: str) -> bool:
        """Whether the role exists and trusts a service such as ``lambda.amazonaws.com``."""
        if not self._ready.is_set():
            return False
        from local_aws.control_plane.iam_store.principals import trusts

        return trusts(self.account_id, role_arn, service)

    @cached
    def trust_policy(self, role_arn: str) -> Mapping[str, Any] | None:
        """The role's trust policy; None if there is no such role."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.iam_store.principals import trust_policy_of

        return trust_policy_of(self.account_id, role_arn)

    @cached
    def resource_policy(self, arn: str) -> Mapping[str, Any] | None:
        """The resource policy of a function, queue, topic, bucket or table, or None."""
        if not self._ready.is_set():
            return None
        if ":function:" in arn:
            found = self.function_policy(arn)
            return None if found is None else found[1]
        from local_aws.control_plane.iam_store.resource_policies import resource_policy_of

        return resource_policy_of(self.account_id, arn)

    @cached
    def hash_key(self, table_arn: str) -> str | None:
        """The name of a DynamoDB table's hash key; None if there is no such table."""
        from local_aws.control_plane.iam_store.resource_policies import hash_key_of

        return hash_key_of(self.account_id, table_arn)

    @cached
    def api_key(self, value: str, region: str, api_id: str, stage: str) -> "UsagePlanKey | None":
        """The enabled API key with that value, if a usage plan of the stage contains it; else None."""
        if not self._ready.is_set():
            return None
        from local_aws.control_plane.api_gateway.usage_plans import usage_plan_key

        return usage_plan_key(self.account_id, region, value, api_id, stage)

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
            return None  # nothing was created before moto was imported
        name, _, own_qualifier = read_function_name(function)
        try:
            functions = self._functions_of(function)
            return functions.get_function_by_name_or_arn_with_qualifier(name, own_qualifier or qualifier)
        except Exception:  # moto raises many exceptions for what does not exist, also for an unknown region
            return None

    def _functions_of(self, function: str) -> Any:
        """moto's storage of functions in the function's region."""
        from moto.awslambda.models import lambda_backends

        return lambda_backends[self.account_id][read_function_name(function)[1] or self.region]._lambdas
