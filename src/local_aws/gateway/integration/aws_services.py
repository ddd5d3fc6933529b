"""AWS service integrations other than Lambda: turn an integration request into a call of the service (spec 104).

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html, ``uri``: an action-based URI is
``arn:aws:apigateway:{region}:{service}:action/{name}&{parameters}``, a path-based one ends in ``path/{path}``.
"""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

from local_aws.gateway.integration.mapping import Failed, IntegrationRequest, Reply
from local_aws.iam.service_calls import ServiceCall

__all__ = ["CallService", "service_call"]

_URI = re.compile(
    r"arn:[\w-]+:apigateway:(?P<region>[\w-]+):(?:(?P<subdomain>[\w-]+)\.)?(?P<service>[\w-]+):"
    r"(?:action/(?P<action>\w+)(?:&(?P<parameters>.*))?|path/(?P<path>.*))"
)

_ROLE = re.compile(r"arn:[\w-]+:iam::\d{12}:role/.+")


CallService = Callable[[ServiceCall], Awaitable[Reply]]
"""Signs a call as its role, sends it, and returns the service's reply, also if that is an error. Raises Failed."""


def service_call(call: IntegrationRequest) -> ServiceCall:
    """The call of the service that the URI names. Raises Failed, with the reason, if the URI or the role is unusable.

    The first call for a service reads botocore's model of it from files.
    """
    match = _URI.fullmatch(call.uri)
    if match is None:
        raise Failed(500, note=f"the integration URI {call.uri} names neither a function nor an action of a service")
    if not call.credentials or not _ROLE.fullmatch(call.credentials):
        raise Failed(
            500, note="an AWS service integration needs a role's ARN: set credentialsArn on the integration, and deploy"
        )
    region, service = match["region"], match["service"]
    headers, query, method, path = dict(call.headers), list(call.query), call.method, f"/{match['path'] or ''}"
    if match["action"]:
        method, path = "POST", "/"
        query += parse_qsl(match["parameters"] or "", keep_blank_values=True)
        metadata = _metadata(service)
        if metadata["protocol"] == "json":
            headers["X-Amz-Target"] = f"{metadata['targetPrefix']}.{match['action']}"
            headers["Content-Type"] = f"application/x-amz-json-{metadata['jsonVersion']}"
        elif metadata["protocol"] in ("query", "ec2"):
            given = {name for name, _ in query}
            required = (("Action", match["action"]), ("Version", metadata["apiVersion"]))
            query = [pair for pair in required if pair[0] not in given] + query
            if call.header("content-type") == "application/json":
                headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            raise Failed(500, note=f"{service} has no actions, only paths: {call.uri}")
    labels = [label for label in (match["subdomain"], service, region, "amazonaws.com") if label]
    return ServiceCall(
        region=region,
        service=service,
        method=method,
        host=".".join(labels),
        target=path + (f"?{urlencode(query)}" if query else ""),
        headers=tuple(headers.items()),
        body=call.body,
        credentials=call.credentials,
    )


@lru_cache(maxsize=32)
def _metadata(service: str) -> dict[str, str]:
    # Imported here because few stages use it
    from botocore.exceptions import UnknownServiceError
    from botocore.session import Session

    try:
        metadata = dict(Session().get_service_model(service).metadata)
    except UnknownServiceError:
        raise Failed(500, note=f"there is no AWS service {service}") from None
    if "query" in metadata.get("protocols", ()):  # API Gateway uses it even if the service has JSON too, as SQS does
        metadata["protocol"] = "query"
    return metadata
