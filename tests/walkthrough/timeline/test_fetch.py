from typing import Any

import pytest

from walkthrough import timeline
from walkthrough.errors import WalkthroughError

pytestmark = pytest.mark.slow

GROUP = "/aws/apigateway/serverless-websockets-dev"

Said = dict[str, Any]


def test_the_example(said: Said) -> None:
    """The program in the docstring of the package tells of its pong, in all lanes."""
    lines = said["example"].splitlines()
    assert "a pong (route send, cold)" == lines[1]
    assert ["you wait", "API Gateway", "cold start", "handler", "@connections"] == [
        line[2:16].strip() for line in lines[2:]
    ]


def test_all_since_a_moment(said: Said) -> None:
    """Without clients every request is told, comings and goings too."""
    assert {"$connect", "send"} <= set(said["since"])


def test_without_an_access_log(said: Said) -> None:
    """That names the log group which is not there, and what to run."""
    assert (
        said["read before"]
        == f"There is no log group {GROUP}: run stack.deploy() and access_log.on(), and send a message."
    )


def test_a_client_that_never_said_its_name(said: Said) -> None:
    """That names the log group, what was not found in it, and how a client says its name."""
    assert said["nobody"].startswith(f"0.5 seconds later the log group {GROUP} tells of 0 of 1 messages.")
    assert "user_agent_header set to its name (client X)" in said["nobody"]


def test_no_lines(said: Said) -> None:
    """That names the log group, and how to get some."""
    assert said["nothing"].startswith(f"The log group {GROUP} tells of no request since ")
    assert "Send a message" in said["nothing"]


@pytest.mark.parametrize("wrong", ["client A", 5, [("client A", 1.0, 2.0)]])
def test_what_is_no_list_of_what_clients_tell(wrong: Any) -> None:
    """That says what was given, and what such a list looks like."""
    with pytest.raises(WalkthroughError, match=r"such as \[timeline\.Heard"):
        timeline.read(wrong)


def test_an_aws_whose_time_was_moved(said: Said) -> None:
    """After ``local-aws clock advance`` the logs are ahead of this machine, and are found all the same."""
    assert 600 == said["ahead"]
    assert ["client B", True, 10] == said["ten minutes ahead"]
