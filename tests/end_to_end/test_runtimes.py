"""A service with a layer and a function in shell, deployed with the real command."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Embedded, Service

STACK = """
service: runtimes
provider:
  name: aws
  runtime: python3.13
  logs:
    lambda:
      logFormat: JSON
      applicationLogLevel: WARN
      systemLogLevel: DEBUG
layers:
  greetings:
    path: layer
    description: What to say
functions:
  greet:
    handler: greet.handler
    layers:
      - !Ref GreetingsLambdaLayer
  count:
    handler: unused
    runtime: provided.al2023
    layers:
      - !Ref GreetingsLambdaLayer
"""

GREET = """
import logging
import subprocess

import greetings


def handler(event, context):
    logging.getLogger().info("unheard")
    return [greetings.text, subprocess.check_output("shout", text=True)]
"""

BOOTSTRAP = f"""#!{sys.executable}
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
count = 0
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    response = api.getresponse()
    response.read()
    count += 1
    path = f"/2018-06-01/runtime/invocation/{{response.headers['Lambda-Runtime-Aws-Request-Id']}}/response"
    api.request("POST", path, json.dumps([os.environ["_HANDLER"], count]))
    api.getresponse().read()
"""


@pytest.fixture(scope="module")
def service(embedded: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("runtimes")
    (folder / "serverless.yml").write_text(STACK)
    (folder / "greet.py").write_text(GREET)
    layer = folder / "layer"
    (layer / "python").mkdir(parents=True)
    (layer / "bin").mkdir()
    (layer / "python" / "greetings.py").write_text("text = 'hello'\n")
    program(layer / "bin" / "shout", "#!/bin/sh\necho HELLO\n")
    program(layer / "bootstrap", BOOTSTRAP)
    service = Service(folder, embedded, "runtimes")
    service.osls("deploy")
    yield service
    service.osls("remove")


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def invoke(service: Service, function: str) -> object:
    answer = service.embedded.client("lambda").invoke(FunctionName=f"runtimes-dev-{function}", Payload=b"{}")
    payload = answer["Payload"].read()
    assert "FunctionError" not in answer, payload
    return json.loads(payload)


def test_a_layer_serves_a_function(service: Service) -> None:
    """Modules and programs of the layer are at hand."""
    assert invoke(service, "greet") == ["hello", "HELLO\n"]


def test_a_bootstrap_serves_an_os_only_runtime(service: Service) -> None:
    """The bootstrap of the layer runs, one process for both events, and is told the handler."""
    assert [invoke(service, "count"), invoke(service, "count")] == [["unused", 1], ["unused", 2]]


def test_log_levels_of_a_stack(service: Service) -> None:
    """Lambda says all it can, and the function nothing below a warning."""
    invoke(service, "greet")
    log = service.log("greet")
    types = {json.loads(line).get("type") for line in log}
    assert {"platform.initRuntimeDone", "platform.initReport", "platform.runtimeDone"} < types
    assert not [line for line in log if "unheard" in line]


def test_a_changed_layer_takes_effect(service: Service) -> None:
    """Deployed again with another layer, the function's next invocation meets it."""
    module = service.folder / "layer" / "python" / "greetings.py"
    before = invoke(service, "greet")
    module.write_text("text = 'good evening'\n")
    service.osls("deploy")
    assert (before, invoke(service, "greet")) == (["hello", "HELLO\n"], ["good evening", "HELLO\n"])
