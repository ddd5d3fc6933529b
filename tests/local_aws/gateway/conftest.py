"""Traces of requests, for the tests of observers."""

from collections.abc import Callable
from typing import Any

import pytest

from local_aws.gateway.config.settings import StageSettings
from local_aws.gateway.config.stage import Stage
from local_aws.gateway.events import Identity, Session
from local_aws.gateway.request_trace import RequestTrace

NewTrace = Callable[..., RequestTrace]


@pytest.fixture
def new_trace() -> NewTrace:
    """``new_trace(status=403, …)``: a MESSAGE on route ``send``; ``stage`` has the settings of the stage."""

    def make(
        *,
        stage: dict[str, Any] | None = None,
        identity: Identity | None = None,
        authorizer: dict[str, str | int] | None = None,
        **fields: Any,
    ) -> RequestTrace:
        served = Stage("nn27okk1we", "dev", "eu-west-3", "123456789012", settings=StageSettings.parse(stage or {}))
        session = Session(
            served,
            "PJqB0fHsqRcCHlw=",
            1701245041796,
            "nn27okk1we.execute-api.eu-west-3.amazonaws.com",
            identity or Identity("192.0.2.1"),
            authorizer,
        )
        usual = {
            "request_id": "PJqB0E1tKRcF-Qw=",
            "event_type": "MESSAGE",
            "route_key": "send",
            "started_at": 1701245041798,
            "message_id": "PJqCFfHyKRcCHlw=",
        }
        return RequestTrace(session, **{**usual, **fields})

    return make
