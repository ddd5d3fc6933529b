import dataclasses
from typing import Any

from walkthrough.timeline import Heard, messages
from walkthrough.timeline.join import Bar, join, pair
from walkthrough.timeline.logs import Access, Invocation

Recorded = dict[str, list[Any]]

LINE = Access("api-id", 1_000, "MESSAGE", "send", "connection", "client A", "200", None, 40.0, "lambda-id")


def line(at: int, **changes: Any) -> Access:
    return dataclasses.replace(LINE, request_id=f"api-id-{at}", at=at, **changes)


def test_a_cold_message_as_bars(recorded: Recorded, heard: list[Heard]) -> None:
    """The recorded first pong passes all lanes, each inside the one before."""
    (message,) = messages(recorded["access"], recorded["functions"], heard[:1])
    assert ["client", "API Gateway", "cold start", "handler", "@connections"] == [bar.lane for bar in message.bars]
    _, gateway, cold, handler, call = message.bars
    assert gateway.begin <= cold.begin < cold.end <= handler.begin < call.begin < call.end
    assert ("PostToConnection", "") == (call.what, call.problem)
    assert (True, True, "send", None) == (message.cold, message.complete, message.route, message.problem)


def test_a_warm_message_in_the_same_environment(recorded: Recorded, heard: list[Heard]) -> None:
    """The second pong needs no cold start: it runs where the first one ran."""
    first, second = messages(recorded["access"], recorded["functions"], heard[:2])
    assert ([True, False], first.environment) == ([first.cold, second.cold], second.environment)


def test_a_broadcast_reaches_several(recorded: Recorded, heard: list[Heard]) -> None:
    """A scan, a post to each and one to the sender; and the moment at which each client heard it."""
    (message,) = messages(recorded["access"], recorded["functions"], heard[2:])
    assert ["Scan"] == [bar.what for bar in message.lane("DynamoDB")]
    assert ["PostToConnection"] * 4 == [bar.what for bar in message.lane("@connections")]
    assert ["client A", "client B", "client C"] == sorted(bar.what for bar in message.lane("delivered"))


def test_without_clients_every_request_is_told(recorded: Recorded) -> None:
    """CONNECT and DISCONNECT are messages of this kind too, and call DynamoDB."""
    told = messages(recorded["access"], recorded["functions"])
    assert ["CONNECT"] * 3 + ["MESSAGE"] * 4 + ["DISCONNECT"] * 3 == [message.event_type for message in told]
    calls = [bar.what for message in told for bar in message.lane("DynamoDB")]
    assert ["PutItem"] * 3 + ["Scan"] + ["DeleteItem"] * 3 == calls


def test_what_the_functions_have_not_told_yet(recorded: Recorded, heard: list[Heard]) -> None:
    """With the access log alone a message is known, and known to be incomplete."""
    (message,) = messages(recorded["access"], [], heard[:1])
    assert (False, None, ["client", "API Gateway"]) == (
        message.complete,
        message.environment,
        [bar.lane for bar in message.bars],
    )


def test_bad_lines_are_counted(recorded: Recorded) -> None:
    """Half a line in either log is skipped and counted; the rest is told as ever."""
    broken = {"timestamp": 0, "logStreamName": "x", "message": '{"half'}
    told = messages([broken, *recorded["access"]], recorded["functions"])
    assert (10, 1) == (len(told), told.skipped)


def test_the_handlers_own_lines_join_too() -> None:
    """Where the access log names no request of Lambda's, the id of API Gateway's in the handler's line leads to it."""
    run = Invocation("lambda-id", "stream", 1_010, 1_030, api_request_ids={"api-id"})
    (message,) = join([dataclasses.replace(LINE, lambda_request_id=None)], [run], {})
    assert [Bar("API Gateway", 1_000, 1_040), Bar("handler", 1_010, 1_030)] == list(message.bars)


def test_an_environment_made_long_before_is_no_cold_start() -> None:
    """Lambda may make one ahead of time, and still reports its Init Duration: the message did not wait for it."""
    early = Invocation("lambda-id", "stream", 1_010, 1_030, prepared=(200, 500))
    late = Invocation("lambda-id", "stream", 1_010, 1_030, prepared=(1_002, 1_008))
    assert [False, True] == [join([LINE], [run], {})[0].cold for run in (early, late)]


def test_what_went_wrong() -> None:
    """What API Gateway says of a failure comes first, then what Lambda says."""
    failed = dataclasses.replace(LINE, status="500", problem="Internal server error")
    run = Invocation("lambda-id", "stream", 1_010, 1_030, status="timeout")
    assert ["Internal server error", "timeout"] == [join([line], [run], {})[0].problem for line in (failed, LINE)]
    assert ["timeout"] == [bar.problem for bar in join([LINE], [run], {})[0].lane("handler")]


def test_two_messages_of_one_client() -> None:
    """Each is paired with the line nearest to it in time, whatever the order in which they are told."""
    early, late = line(1_000), line(1_100)
    heard = [Heard("client A", 1.101, 1.2), Heard("client A", 1.001, 1.1)]
    assert [late, early] == pair(heard, [early, late])


def test_a_line_is_of_one_message_only() -> None:
    """While the log tells of the first of two, the second is not paired with its line."""
    heard = [Heard("client A", 1.000, 1.010), Heard("client A", 1.020, 1.030)]
    assert [line(1_000), None] == pair(heard, [line(1_000)])


def test_clocks_may_differ_a_little() -> None:
    """A line a little before its sending is of that message; one of another second is not, nor another client's."""
    told = [Heard("client A", 1.100, 1.200)]
    assert [line(1_000)] == pair(told, [line(1_000)])
    assert [None] == pair(told, [line(100), line(2_000), line(1_100, client="client B")])
    assert [None] == pair(told, [line(1_100, event_type="CONNECT")])


def test_a_sender_that_hears_nothing_waits_for_the_others() -> None:
    """Where only others get an answer, the bar of the sender ends with the last of them."""
    told = Heard("client A", 1.0, {"client B": 1.02, "client C": 1.05})
    (message,) = join([LINE], [], {LINE.request_id: told})
    assert [Bar("client", 1_000, 1_050)] == message.lane("client")
