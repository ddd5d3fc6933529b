"""Calls of the AWS API: whether the caller may make them, and who answers them."""

from collections.abc import Callable

from local_aws.adapters.account_access import AccountAccess
from local_aws.control_plane import ControlPlane
from local_aws.functions import Functions, invoke_api
from local_aws.iam import Claim
from local_aws.net.http import Request, Response

__all__ = ["AwsApi"]


class AwsApi:
    """Lambda's Invoke is for the functions, every other call for the control plane."""

    def __init__(self, access: AccountAccess, control_plane: ControlPlane, functions: Callable[[], Functions]) -> None:
        self._access = access
        self._control_plane = control_plane
        self._functions = functions

    async def answer(self, request: Request, claim: Claim) -> Response:
        """Answer a call whose signature has been verified, if the policies of its signer allow it."""
        denied = self._access.denied(request, claim)
        if denied is not None:
            return denied
        if invoke_api.is_invoke(request) and claim.service == "lambda":
            return await invoke_api.answer(request, self._functions(), claim.region)
        return await self._control_plane.handle(request)
