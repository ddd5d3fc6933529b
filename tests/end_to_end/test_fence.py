"""What a handler can see of the embedded AWS that runs it: not the keys of its owner, where the system allows that."""

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from local_aws.functions.sandbox import runtimes
from local_aws.functions.sandbox.inside import fence

from .conftest import Embedded

HANDLER = """
import ctypes, os, subprocess

def look(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode("latin-1")
    except OSError as error:
        return type(error).__name__

def handler(event, context):
    state, pid, bundle = event["state"], event["pid"], os.environ["AWS_CA_BUNDLE"]
    libc = ctypes.CDLL(None)
    undone = libc.umount2(os.path.dirname(state).encode(), 2)
    os.chdir(os.environ["LAMBDA_TASK_ROOT"])
    return {
        "seen": [look(path) for path in (
            state,
            f"/proc/{pid}/root{state}",
            f"/proc/{pid}/environ",
            f"/proc/{pid}/mem",
            "../../../../state.json",
            f"/proc/self/cwd/../../../../state.json",
        )],
        "undone": undone,
        "namespaces": libc.unshare(0x20000) if os.getuid() else -1,
        "child": subprocess.run(["cat", state], capture_output=True, text=True).stdout,
        "bundle": "BEGIN CERTIFICATE" in look(bundle),
        "environment": sorted(name for name, value in os.environ.items() if name.startswith("LOCAL_AWS")),
        "scratch": os.path.isdir(os.environ["TMPDIR"]),
    }
"""


def _allowed(folder: Path) -> bool:
    script = f"import sys; sys.path.insert(0, {str(Path(fence.__file__).parent)!r}); import fence; "
    script += f"print(fence.enter(fence.plan([{str(folder)!r}], [])))"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.strip() == "True"


ROLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.mark.parametrize("start", ["forked", "of its own", "bootstrap"])
def test_the_keys_are_out_of_a_handlers_reach(embedded: Embedded, tmp_path: Path, start: str) -> None:
    """Not in their file, not in our process, however the sandbox began; all that it needs is there."""
    if not _allowed(tmp_path):
        pytest.skip("this system allows no namespaces")
    files = {"handler.py": HANDLER}
    if start == "of its own":
        files["boto3.py"] = ""  # a module that the fork server has imported already: the sandbox starts without it
    if start == "bootstrap":
        client = Path(runtimes.BOOT).with_name("own_client.py")
        files["bootstrap"] = f"#!/bin/sh\nPYTHONPATH=$LAMBDA_TASK_ROOT exec {sys.executable} {client}\n"
    answer = invoke(embedded, files, "provided.al2023" if start == "bootstrap" else "python3.13")
    home = Path(embedded.environment["AWS_CA_BUNDLE"]).parent
    secret = embedded.environment["AWS_SECRET_ACCESS_KEY"]
    assert secret in (home / "state.json").read_text()
    assert secret not in json.dumps(answer)
    denied = {"FileNotFoundError", "PermissionError"}
    assert denied >= set(answer["seen"]), answer
    assert (-1, -1, "") == (answer["undone"], answer["namespaces"], answer["child"])
    assert (True, [], True) == (answer["bundle"], answer["environment"], answer["scratch"])


def invoke(embedded: Embedded, files: dict[str, str], runtime: str) -> Any:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, text)
    functions, iam = embedded.client("lambda"), embedded.client("iam")
    role = iam.create_role(RoleName="fenced", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
    try:
        functions.create_function(
            FunctionName="fenced", Runtime=runtime, Role=role, Handler="handler.handler",
            Code={"ZipFile": code.getvalue()}, Timeout=20,
        )  # fmt: skip
        home = Path(embedded.environment["AWS_CA_BUNDLE"]).parent
        state = json.loads((home / "state.json").read_text())
        event = {"state": str(home / "state.json"), "pid": state["pid"]}
        done = functions.invoke(FunctionName="fenced", Payload=json.dumps(event))
        answer = json.loads(done["Payload"].read())
        assert "FunctionError" not in done, answer
        return answer
    finally:
        functions.delete_function(FunctionName="fenced")
        iam.delete_role(RoleName="fenced")
