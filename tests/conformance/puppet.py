"""The code of the suite's functions: they do what the request tells them to.

It runs wherever the target runs functions, so it needs nothing but Python and boto3. What a test wants done is
JSON below ``do``: in a message's own JSON, in the handshake's ``X-Do`` header or ``do`` query parameter, in the
text of a close frame for ``$disconnect``. Events that nobody can be answered with are kept in the table.
"""

import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

Event = dict[str, Any]


def puppet(event: Event, context: Any) -> object:
    """Every route: keep the event, sleep, post, fail, return; in this order, as far as told."""
    request = event.get("requestContext", {})
    told = _told(event, request)
    posted = [_manage(request, each) for each in told.get("calls", [])]
    if "keep" in told:
        _keep(told["keep"], event, posted)
    if request.get("eventType") == "DISCONNECT":
        _keep(request["connectionId"], event, posted)
    if "later" in told:
        _invoke_later(context, {"requestContext": request, "do": told["later"]})
    time.sleep(told.get("sleep", 0))
    if "after" in told:
        _keep(told["after"], event, posted)
    if told.get("exit"):
        os._exit(1)
    if "raise" in told:
        raise RuntimeError(told["raise"])
    if "return" in told:
        return told["return"]
    if request.get("eventType") == "MESSAGE":
        return {"statusCode": 200, "body": json.dumps({"event": event, "posted": posted, "tag": told.get("tag")})}
    return {"statusCode": 200}


def authorizer(event: Event, context: object) -> object:
    """Allows the method that is asked for, or does what the ``auth`` query parameter tells."""
    query = event.get("queryStringParameters") or {}
    told = json.loads(query.get("auth") or "{}")
    if "padding" in query:
        told["context"] = {"padding": "x" * int(query["padding"])}
    if "keep" in told:
        _keep(told["keep"], event, [])
    if "raise" in told:
        raise Exception(told["raise"])
    if "return" in told:
        return told["return"]
    resource = told.get("resource", event["methodArn"]).replace("{methodArn}", event["methodArn"])
    statements = [{"Action": "execute-api:Invoke", "Effect": told.get("effect", "Allow"), "Resource": resource}]
    statements += [
        {"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": event["methodArn"].replace("$connect", route)}
        for route in told.get("deny_routes", [])
    ]
    answer = {
        "principalId": told.get("principal", "somebody"),
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
    }
    return answer | {key: told[key] for key in ("context", "usageIdentifierKey") if key in told}


def mirror(event: object, context: object) -> object:
    """Gives back what it got; fails with ``errorMessage`` when it got one."""
    if isinstance(event, dict) and "errorMessage" in event:
        raise Exception(event["errorMessage"])
    if isinstance(event, dict) and "keep" in event:
        _keep(event["keep"], event, [])
    return event


def _told(event: Event, request: dict[str, Any]) -> dict[str, Any]:
    if "do" in event:
        whole: dict[str, Any] = event["do"]
        return whole
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    texts = [
        (event.get("queryStringParameters") or {}).get("do"),
        headers.get("x-do"),
        event.get("body"),
        request.get("disconnectReason"),
    ]
    for text in texts:
        try:
            told = json.loads(text or "")
        except ValueError:
            continue
        if isinstance(told, dict):
            within = told.get("do")
            return within if isinstance(within, dict) else told if text in texts[:2] else {}
    return {}


def _manage(request: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    """One call of ``@connections``: ``{"operation": "post", "data": …, "to": …}``; the status, or AWS's error code."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    endpoint = os.environ.get("MANAGEMENT", "https://{domainName}/{stage}").format(**request)
    address = urlsplit(endpoint)
    host = address.hostname or ""
    here = host.endswith(".localhost")  # an emulator's; not every resolver knows the name
    client = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=endpoint.replace(host, "127.0.0.1") if here else endpoint,
        config=Config(retries={"total_max_attempts": 1}),
    )
    if here:
        client.meta.events.register(
            "before-sign", lambda request, **_: request.headers.add_header("Host", address.netloc)
        )
    operation = call.get("operation", "post")
    arguments = {"ConnectionId": call.get("to") or request["connectionId"]}
    if operation == "post":
        arguments["Data"] = call.get("data", "").encode()
    try:
        answer = getattr(client, operation + ("_to_connection" if operation == "post" else "_connection"))(**arguments)
    except ClientError as error:
        return {
            "status": error.response["ResponseMetadata"]["HTTPStatusCode"],
            "code": error.response["Error"]["Code"],
            "message": error.response["Error"]["Message"],
        }
    return {"status": answer["ResponseMetadata"]["HTTPStatusCode"]}


def _keep(key: str, event: Event, posted: list[dict[str, Any]]) -> None:
    import boto3

    boto3.client("dynamodb").put_item(
        TableName=os.environ["TABLE"],
        Item={
            "keptFor": {"S": key},
            "keptAt": {"S": f"{time.time_ns():020d}"},
            "event": {"S": json.dumps(event)},
            "posted": {"S": json.dumps(posted)},
        },
    )


def _invoke_later(context: Any, payload: dict[str, Any]) -> None:
    import boto3

    boto3.client("lambda").invoke(
        FunctionName=context.invoked_function_arn, InvocationType="Event", Payload=json.dumps(payload).encode()
    )
