"""Names for connection ids, with the real stack on an embedded AWS of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]

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


def test_names_of_clients(tmp_path: Path) -> None:
    """Each is known by its User-Agent, also when it has left; the three lists say who is open, held and recorded."""
    shutil.copytree(PROJECT / "lambda", tmp_path / "lambda", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "serverless.yml", tmp_path)
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WALKTHROUGH_"))}
    own = {**outer, "LOCAL_AWS_HOME": str(tmp_path / "home"), "LOCAL_AWS_PORT": port}
    try:
        done = subprocess.run(
            [sys.executable, "-c", CODE], cwd=tmp_path, env=own, capture_output=True, text=True, timeout=120
        )
    finally:
        subprocess.run([Path(sys.executable).with_name("local-aws"), "down"], env=own, capture_output=True)
    assert 0 == done.returncode, done.stdout + done.stderr
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
    } == json.loads(done.stdout)
