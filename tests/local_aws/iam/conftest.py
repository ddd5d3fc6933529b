"""Requests of the AWS API as boto3 puts them on the wire, and what boto3 makes of the answers."""

import contextlib
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from local_aws.net.http import Headers, Request, Response

Wire = Callable[..., Request]


class _Body:
    """What urllib3 would give botocore to read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: Any) -> Any:
        yield self._data


def call(service: str, operation: str, answer: Callable[[Request], Response], **parameters: Any) -> Any:
    """Let boto3 call an operation, and answer it."""

    def send(request: Any, **_: Any) -> AWSResponse:
        address = urlsplit(request.url)
        fields = [(name, v.decode() if isinstance(v, bytes) else str(v)) for name, v in request.headers.items()]
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        response = answer(
            Request(
                request.method,
                address.path + (f"?{address.query}" if address.query else ""),
                Headers([("Host", address.netloc), *fields]),
                body.encode() if isinstance(body, str) else bytes(body),
            )
        )
        return AWSResponse(
            request.url, response.status, HTTPHeaders.from_dict(dict(response.headers)), _Body(response.body)
        )

    client = _client(service)
    client.meta.events.register("before-send", send)
    try:
        return getattr(client, operation)(**parameters)
    finally:
        client.meta.events.unregister("before-send", send)


@cache
def _client(service: str) -> Any:
    make: Callable[..., Any] = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1").client
    return make(
        service,
        endpoint_url="http://127.0.0.1:4566",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@pytest.fixture
def wire() -> Wire:
    """``wire("dynamodb", "put_item", TableName=…)``: the request."""

    def send(service: str, operation: str, **parameters: Any) -> Request:
        sent: list[Request] = []

        def keep(request: Request) -> Response:
            sent.append(request)
            return Response(500, [("Content-Type", "application/json")], b"{}")

        with contextlib.suppress(ClientError, ResponseParserError):
            call(service, operation, keep, **parameters)
        return sent[-1]

    return send
