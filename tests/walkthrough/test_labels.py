"""Names for connection ids, with the real stack on an embedded AWS of its own."""

import json
import subprocess
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.slow

CODE = """
import contextlib, io, json
from websockets.sync.client import connect
from walkthrough import cloud, stack, wait
from walkthrough.labels import Labels

cloud.use()
said = {}
with contextlib.redirect_stdout(io.StringIO()):
    stack.deploy()
    try:
        with connect(stack.url(), user_agent_header="client A") as a, connect(
            stack.url(), user_agent_header="client B"
        ) as b, connect(stack.url(), user_agent_header=None):
            names = Labels(stack.url())
            said["all here"] = names.recorded()
            b.close()
            wait.until(lambda: "client B" not in names.recorded())
            said["b left"] = names.table({"client A": a, "client B": b, "client C": a}).T.to_dict("list")
            said["held"] = [names.held(names.id("client A")), names.held(names.id("client B"))]
            said["never seen"] = names.of("AAAAAAAAAAAAAAA=")
    finally:
        stack.remove()
        cloud.close()
print(json.dumps(said))
"""


def test_names_of_clients(program: Callable[[str], subprocess.CompletedProcess[str]]) -> None:
    """Each client is known by its User-Agent, also after it has left; the table says who is open, held and recorded."""
    assert {
        "all here": ["a client without a name", "client A", "client B"],
        "b left": {
            "a client without a name": ["–", "holds it", "a record"],
            "client A": ["open", "holds it", "a record"],
            "client B": ["closed", "410 Gone", "–"],
            "client C": ["open", "–", "–"],
        },
        "held": [True, False],
        "never seen": "a client that had gone",
    } == json.loads(program(CODE).stdout)
