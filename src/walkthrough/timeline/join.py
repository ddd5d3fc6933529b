"""Join the lines of API Gateway, Lambda and the handlers, and what the clients know, into messages.

API Gateway's line names the request id that Lambda used, which is in START and REPORT; should it not, the handler's own
lines name API Gateway's. What a client tells is found by the client's name, its User-Agent, and the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from walkthrough.timeline.logs import Access, Invocation

__all__ = [
    "CALLS",
    "CLIENT",
    "COLD_START",
    "DELIVERED",
    "GATEWAY",
    "HANDLER",
    "Bar",
    "Heard",
    "Message",
    "join",
    "pair",
]

CLIENT, GATEWAY, COLD_START, HANDLER, DELIVERED = "client", "API Gateway", "cold start", "handler", "delivered"
CALLS = {"dynamodb": "DynamoDB", "apigatewaymanagementapi": "@connections"}
"""The lane of a call, by botocore's name of the service."""

CLOCKS = 250  # milliseconds by which a client's clock may differ from AWS's
AHEAD = 20  # milliseconds by which an environment may be ready early and still have been made for a message


@dataclass(frozen=True, slots=True)
class Heard:
    """What clients know of a message: who sent it, when, and when an answer came, in seconds as ``time.time()`` gives.

    ``client`` is the User-Agent that it connected with. ``received`` is a moment, or where several clients hear of it,
    the moment of each by name.
    """

    client: str
    sent: float
    received: float | Mapping[str, float]
    event_type: str = "MESSAGE"

    def shifted(self, seconds: float) -> Heard:
        """The same by a clock that is ``seconds`` ahead."""
        if isinstance(self.received, Mapping):
            received: float | Mapping[str, float] = {name: at + seconds for name, at in self.received.items()}
        else:
            received = self.received + seconds
        return replace(self, sent=self.sent + seconds, received=received)

    @property
    def arrivals(self) -> dict[str, float]:
        """When it reached each client, by the client's name, in milliseconds since 1970."""
        of_each = self.received if isinstance(self.received, Mapping) else {self.client: self.received}
        return {name: moment * 1000 for name, moment in of_each.items()}


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that took time in a lane, in milliseconds since 1970.

    ``what`` says more, such as ``PutItem``, and ``problem`` how it failed, such as ``GoneException`` or ``timeout``.
    """

    lane: str
    begin: float
    end: float
    what: str = ""
    problem: str = ""

    @property
    def took(self) -> float:
        """How long it took, in milliseconds."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Message:
    """One request of a client's, CONNECT, MESSAGE or DISCONNECT, and its bars, the lanes from outside to inside.

    ``environment`` is the log stream of the execution environment that the handler ran in. ``complete`` says whether
    Lambda has told of it, if it is to be expected. ``problem`` is None where all went well.
    """

    request_id: str
    event_type: str
    route: str
    connection_id: str
    client: str
    at: int
    status: str
    environment: str | None
    complete: bool
    problem: str | None
    bars: tuple[Bar, ...]

    @property
    def begin(self) -> float:
        """When it was sent, or if only AWS knows of it, when it arrived there."""
        return min((bar.begin for bar in self.bars), default=float(self.at))

    @property
    def end(self) -> float:
        """When its last bar ended."""
        return max((bar.end for bar in self.bars), default=float(self.at))

    @property
    def cold(self) -> bool:
        """Whether it had to wait for an environment to be made."""
        return bool(self.lane(COLD_START))

    def lane(self, name: str) -> list[Bar]:
        """Its bars in one lane."""
        return [bar for bar in self.bars if bar.lane == name]


def pair(heard: Sequence[Heard], lines: Sequence[Access]) -> list[Access | None]:
    """The access log's line for each message that clients heard, or None while there is none.

    It is the nearest in time of its client's, between sending and hearing. A line is of one message only.
    """
    free = list(lines)
    found: dict[int, Access] = {}
    for index in sorted(range(len(heard)), key=lambda index: heard[index].sent):
        told = heard[index]
        sent = told.sent * 1000
        last = max(told.arrivals.values(), default=sent) + CLOCKS
        fitting = [
            line
            for line in free
            if line.client == told.client and line.event_type == told.event_type and sent - CLOCKS <= line.at <= last
        ]
        if fitting:
            found[index] = min(fitting, key=lambda line: abs(line.at - sent))
            free.remove(found[index])
    return [found.get(index) for index in range(len(heard))]


def join(lines: Iterable[Access], runs: Iterable[Invocation], heard: Mapping[str, Heard]) -> list[Message]:
    """A message for each line. ``heard`` maps the request id of a line to what a client knows of it."""
    by_lambda_id, by_api_id = {}, {}
    for run in runs:
        by_lambda_id[run.request_id] = run
        by_api_id.update(dict.fromkeys(run.api_request_ids, run))
    return [
        _message(
            line,
            by_lambda_id.get(line.lambda_request_id or "") or by_api_id.get(line.request_id),
            heard.get(line.request_id),
        )
        for line in lines
    ]


def _message(line: Access, run: Invocation | None, heard: Heard | None) -> Message:
    bars = [] if heard is None else _of_client(heard)
    if line.latency is not None:
        bars.append(Bar(GATEWAY, line.at, line.at + line.latency))
    if run is not None:
        if run.prepared is not None and run.prepared[1] > line.at - AHEAD:  # else it was made before it was needed
            bars.append(Bar(COLD_START, *run.prepared))
        bars.append(Bar(HANDLER, run.started, run.ended, problem=run.status or ""))
        for call in run.calls:
            lane, problem = CALLS.get(call.service, call.service), "" if call.outcome == "200" else call.outcome
            bars.append(Bar(lane, call.begin, call.end, call.operation, problem))
    if heard is not None and len(heard.arrivals) > 1:
        bars += [Bar(DELIVERED, moment, moment, name) for name, moment in heard.arrivals.items()]
    return Message(
        request_id=line.request_id,
        event_type=line.event_type,
        route=line.route,
        connection_id=line.connection_id,
        client=line.client or "a client",
        at=line.at,
        status=line.status,
        environment=None if run is None else run.environment,
        complete=run is not None or line.lambda_request_id is None,
        problem=line.problem or (run.status if run is not None else None),
        bars=tuple(bars),
    )


def _of_client(heard: Heard) -> list[Bar]:
    """How long the sender waited: for its own answer, or without one for the last answer to another client."""
    arrivals = heard.arrivals
    until = arrivals.get(heard.client, max(arrivals.values(), default=None))
    return [] if until is None else [Bar(CLIENT, heard.sent * 1000, until)]
