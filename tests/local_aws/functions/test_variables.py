"""The environment of a sandbox, as values."""

from pathlib import Path

from local_aws.functions.folders import Folders
from local_aws.functions.variables import variables


def environment_of(cloud, configuration):
    return variables(
        configuration,
        folders=Folders(Path("/sandbox"), Path("/runtime")),
        stream="2026/11/23/[$LATEST]0",
        runtime_api="127.0.0.1:9001",
        cloud=cloud,
    )


def test_what_a_function_may_set(small):
    """A function's own value wins where Lambda leaves the name free, and loses where it is reserved."""
    own = {"TZ": "Europe/Paris", "PATH": "/mine", "LAMBDA_TASK_ROOT": "/mine", "_HANDLER": "mine"}
    environment = environment_of({}, small.deploy("", environment=own))
    expected = {**own, "LAMBDA_TASK_ROOT": "/sandbox/task", "_HANDLER": "handler.handler"}
    assert expected == {name: environment[name] for name in own}


def test_the_way_to_the_cloud_is_not_for_the_function_to_change(small):
    """A function's own endpoint does not lead it to a real account."""
    configuration = small.deploy("", environment={"AWS_ENDPOINT_URL": "https://dynamodb.eu-west-3.amazonaws.com"})
    here = "http://127.0.0.1:4566"
    assert here == environment_of({"AWS_ENDPOINT_URL": here}, configuration)["AWS_ENDPOINT_URL"]


def test_the_home_of_the_learner_is_out_of_sight(small):
    """HOME names a folder that does not exist, so that ~/.aws/config is not read."""
    assert environment_of({}, small.deploy(""))["HOME"] == "/sandbox/home"
