"""Group 6: how much is too much (spec 159–174)."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from websockets.frames import Opcode

from .build import Account, Api
from .talk import ask, join, refusal
from .targets import Raw, Target

FRAME = 32 * 1024
MESSAGE = 128 * 1024


def in_frames(raw: Raw, data: bytes) -> None:
    """Send a message in frames of 32 KB at most."""
    for start in range(0, len(data), FRAME):
        last = start + FRAME >= len(data)
        raw.send(data[start : start + FRAME], Opcode.CONT if start else Opcode.TEXT, fin=last)


def padded(size: int) -> bytes:
    """A message of so many bytes that is answered with a short frame."""
    told = {"action": "echo", "do": {"return": {"statusCode": 200, "body": "arrived"}}, "pad": ""}
    return json.dumps({**told, "pad": "x" * (size - len(json.dumps(told)))}).encode()


@pytest.mark.spec(161)
def test_message_size(api: Api, target: Target) -> None:
    """128 KB arrive; a byte more closes with 1009."""
    with target.raw(api.url) as raw:
        in_frames(raw, padded(MESSAGE))
        assert b"arrived" == bytes(raw.frame().data)
        in_frames(raw, padded(MESSAGE + 1))
        assert 1009 == raw.closing()[0]


@pytest.mark.spec(162)
def test_frame_size(api: Api, target: Target) -> None:
    """32 KB in one frame arrive; a byte more closes with 1009."""
    with target.raw(api.url) as raw:
        raw.send(padded(FRAME))
        assert b"arrived" == bytes(raw.frame().data)
        raw.send(padded(FRAME + 1))
        assert 1009 == raw.closing()[0]


@pytest.mark.spec(163)
def test_posts_come_in_frames(api: Api, target: Target) -> None:
    """A post of more than 32 KB is one message of several frames."""
    with target.raw(api.url) as raw:
        raw.send(b'{"action":"echo"}')
        identifier = json.loads(bytes(raw.frame().data))["event"]["requestContext"]["connectionId"]
        assert 200 == target.connections("POST", api.url, identifier, b"x" * MESSAGE).status
        frames = [raw.frame()]
        while not frames[-1].fin:
            frames.append(raw.frame())
    assert [Opcode.TEXT] + [Opcode.CONT] * (len(frames) - 1) == [frame.opcode for frame in frames]
    assert MESSAGE == sum(len(frame.data) for frame in frames)
    assert max(len(frame.data) for frame in frames) <= FRAME


@pytest.mark.spec(166)
@pytest.mark.not_on_aws("hundreds of calls against ten a second")
@pytest.mark.parametrize(("kind", "most"), [("stage", 10), ("authorizer", 10), ("route", 300), ("integration", 300)])
def test_parts_of_an_api(account: Account, kind: str, most: int) -> None:
    """The quota's number of parts can be made, and not one more."""
    api = Api(account)
    uri = account.invocation_uri(account.authorizer)

    def fields(number: int) -> dict[str, Any]:
        by_kind: dict[str, dict[str, Any]] = {
            "stage": {"StageName": f"s{number}"},
            "authorizer": {
                "Name": f"a{number}",
                "AuthorizerType": "REQUEST",
                "AuthorizerUri": uri,
                "IdentitySource": ["route.request.header.Auth"],
            },
            "route": {"RouteKey": f"r{number}"},
            "integration": {"IntegrationType": "MOCK"},
        }
        return by_kind[kind]

    make = getattr(api.gateway, f"create_{kind}")
    for number in range(most):
        make(ApiId=api.id, **fields(number))
    with pytest.raises(ClientError):
        make(ApiId=api.id, **fields(most))


@pytest.mark.spec(167)
def test_authorizer_result_size(account: Account) -> None:
    """8 KB are too much for what an authorizer returns."""
    api = Api(account)
    api.route("$connect", AuthorizationType="CUSTOM", AuthorizerId=api.authorizer("route.request.header.X-Auth"))
    api.route("echo", two_way=True)
    api.deploy()

    with join(api, "?padding=4000", additional_headers={"X-Auth": "yes"}) as client:
        context = ask(client, {"action": "echo"})["event"]["requestContext"]["authorizer"]
    assert "x" * 4000 == context["padding"]
    assert 500 == refusal(api, "?padding=9000", additional_headers={"X-Auth": "yes"}).status_code


@pytest.mark.spec(168)
def test_template_sizes(account: Account, may_log: None) -> None:
    """300 KB for a mapping template, 3 KB for an access-log format."""
    api = Api(account)
    fits = "$context.requestId".ljust(3 * 1024, "x")
    _, arn = account.log_group("access")
    api.gateway.create_stage(ApiId=api.id, StageName="fits", AccessLogSettings={"DestinationArn": arn, "Format": fits})
    with pytest.raises(ClientError, match="BadRequestException"):
        api.gateway.create_stage(
            ApiId=api.id, StageName="toolong", AccessLogSettings={"DestinationArn": arn, "Format": fits + "x"}
        )
    with pytest.raises(ClientError, match="BadRequestException"):
        api.integration(IntegrationType="MOCK", RequestTemplates={"x": "x" * (300 * 1024 + 1)})


@pytest.mark.spec(171)
def test_names(bare: Api) -> None:
    """128 characters for a stage, letters and digits for a model."""
    bare.gateway.create_stage(ApiId=bare.id, StageName="s" * 128)
    bare.account.later(lambda: bare.gateway.delete_stage(ApiId=bare.id, StageName="s" * 128))
    with pytest.raises(ClientError, match="BadRequestException"):
        bare.gateway.create_stage(ApiId=bare.id, StageName="s" * 129)
    with pytest.raises(ClientError, match="BadRequestException"):
        bare.model("not-alphanumeric", {"type": "object"})
