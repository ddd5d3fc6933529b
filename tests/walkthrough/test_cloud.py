"""Which AWS answers, decided by environment variables alone."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]

Use = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def use(tmp_path: Path) -> Use:
    """Runs ``cloud.use()`` in a process of its own, as a kernel would, and shows what IPython would show."""

    def run(*then: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "WALKTHROUGH_", "LOCAL_AWS_"))
        }
        code = (
            "from walkthrough import cloud\n"
            "from walkthrough.errors import WalkthroughError\n"
            "try:\n"
            "    print(cloud.use())\n"
            "    import boto3; print(boto3.client('sts').get_caller_identity()['Account'])\n"
            "    cloud.close()\n" + "".join(f"    {line}\n" for line in then) + ""
            "except WalkthroughError as error:\n"
            "    print(*error._render_traceback_(), sep='\\n')\n"
        )
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=PROJECT / "tests",
            env={
                **environment,
                "LOCAL_AWS_HOME": str(tmp_path),
                "LOCAL_AWS_PORT": "0",
                "HOME": str(tmp_path),  # no credentials of the person who runs the tests
                "AWS_EC2_METADATA_DISABLED": "true",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


def test_an_unknown_cloud_is_told_which_there_are(use: Use) -> None:
    """One line, the list of known ones."""
    assert use(WALKTHROUGH_CLOUD="azure").stdout == "WALKTHROUGH_CLOUD is 'azure'; it can be: local, aws.\n"


def test_aws_without_credentials_is_told_what_to_set(use: Use) -> None:
    """One line."""
    shown = use(WALKTHROUGH_CLOUD="aws", AWS_REGION="us-east-1").stdout
    assert shown.startswith("Your AWS credentials do not work (Unable to locate credentials): set AWS_PROFILE, or ")
    assert shown.count("\n") == 1


def test_aws_without_a_region_is_told_what_to_set(use: Use) -> None:
    """One line."""
    assert use(WALKTHROUGH_CLOUD="aws").stdout.startswith("No AWS region is set: set AWS_REGION")


def test_aws_with_the_embedded_endpoint_is_told_so(use: Use) -> None:
    """A shell that was pointed at the embedded AWS cannot reach the real one by accident."""
    shown = use(WALKTHROUGH_CLOUD="aws", AWS_ENDPOINT_URL="http://127.0.0.1:4566").stdout
    assert "AWS_ENDPOINT_URL points at http://127.0.0.1:4566" in shown


def test_the_embedded_aws_is_started_and_stopped_again(use: Use) -> None:
    """Also on a port that the system chose."""
    assert use().stdout == (
        "The embedded AWS, region us-east-1\n123456789012\nThe embedded AWS that this notebook started has stopped.\n"
    )


def test_closed(use: Use) -> None:
    """A cell that cleans up may run twice: the second time there is nothing to ask, and nothing to stop."""
    shown = use("from walkthrough import stack", "stack.remove()", "cloud.close()").stdout
    assert shown.endswith(
        "The embedded AWS that this notebook started has stopped.\n"
        "The AWS that serverless-websockets-dev was in has stopped; nothing of it is left.\n"
    )


def test_used_again(use: Use) -> None:
    """After ``close()``, ``use()`` starts an AWS anew, in which nothing is deployed."""
    shown = use("print(cloud.closed(), cloud.use(), cloud.closed())", "cloud.close()").stdout
    assert "True The embedded AWS, region us-east-1 False\n" in shown


def test_a_profile_that_is_not_there_leads_nobody_astray(use: Use) -> None:
    """Neither the embedded AWS nor boto3 in the notebook looks for it."""
    assert "\n123456789012\n" in use(AWS_PROFILE="not there").stdout


def test_a_home_that_is_a_file_is_told(use: Use, tmp_path: Path) -> None:
    """One line."""
    (tmp_path / "file").touch()
    shown = use(LOCAL_AWS_HOME=str(tmp_path / "file"))
    assert "is not a folder. Set it to a folder that you can write" in shown.stdout
    assert (1, "") == (shown.stdout.count("\n"), shown.stderr)


def test_later_commands_of_the_notebook_ask_the_same_one(use: Use) -> None:
    """A cell's ``!local-aws clock`` needs no port, whatever port was found."""
    shown = use("cloud.use()", "import os", "os.system('local-aws clock')", "cloud.close()").stdout
    assert "(real time)\n" in shown
