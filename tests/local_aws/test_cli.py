"""The ``local-aws`` command, as a person uses it: real processes, a home of its own for each test."""

import io
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_aws.daemon import background

pytestmark = pytest.mark.slow

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def port(new_port: Callable[[], int]) -> int:
    return new_port()


@pytest.fixture
def local_aws(tmp_path: Path, port: int) -> Iterator[Command]:
    """Runs the command against one port; ends what is still up at the end of the test."""
    yield from commands(tmp_path, port)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the embedded AWS of ``running``."""
    return tmp_path_factory.mktemp("local-aws") / "new"


@pytest.fixture(scope="module")
def running(home: Path, new_port: Callable[[], int]) -> Iterator[Command]:
    """Runs the command against an embedded AWS that is up, for tests that do not change it."""
    for command in commands(home, new_port()):
        assert command("up", "--detach", umask=0).returncode == 0
        yield command


def commands(home: Path, port: int) -> Iterator[Command]:
    environment = {**os.environ, "LOCAL_AWS_HOME": str(home), "LOCAL_AWS_PORT": str(port)}

    def run(*arguments: str, umask: int = -1, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "local_aws", *arguments],
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=300,
            umask=umask,
        )

    yield run
    run("down")


def client(home: Path, service: str) -> Any:
    """A client of the embedded AWS of ``running``, without retries."""
    state = json.loads(next(home.glob("*/state.json")).read_text())
    keys = {f"aws_{name}": state[name] for name in ("access_key_id", "secret_access_key")}
    session = boto3.Session(region_name="us-east-1", **keys)
    once = Config(retries={"total_max_attempts": 1}, proxies={})
    make: Callable[..., Any] = session.client
    return make(service, endpoint_url=f"http://127.0.0.1:{state['port']}", config=once)


def make_function(home: Path, source: str) -> None:
    """Deploy the function ``warm``."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("warm.py", source)
    role = client(home, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    client(home, "iam").attach_role_policy(RoleName="r", PolicyArn=basic)
    client(home, "lambda").create_function(
        FunctionName="warm",
        Runtime="python3.13",
        Handler="warm.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": package.getvalue()},
        Timeout=10,
    )


def pid_of(local_aws: Command) -> int:
    return int(json.loads(local_aws("status", "--json").stdout)["pid"])


def test_up_serves_when_it_returns_and_down_leaves_nothing(local_aws: Command) -> None:
    """After ``up`` it answers at once; after ``down`` its process is gone."""
    up = local_aws("up", "--detach")
    assert (up.returncode, up.stderr) == (0, "")
    pid = pid_of(local_aws)
    assert background.is_alive(pid)
    down = local_aws("down")
    assert (down.returncode, background.is_alive(pid)) == (0, False)


def test_down_takes_the_sandboxes_with_it(local_aws: Command, tmp_path: Path) -> None:
    """A function that ran leaves a warm process, which must not outlive the embedded AWS."""
    local_aws("up", "--detach")
    functions = client(tmp_path, "lambda")
    make_function(tmp_path, "import os\ndef handler(event, context):\n    return os.getpid()\n")
    sandbox = int(functions.invoke(FunctionName="warm")["Payload"].read())
    assert background.is_alive(sandbox)
    local_aws("down")
    assert not background.is_alive(sandbox)


SLEEP = "import time\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"


def answers(functions: Any, *events: bytes) -> list[str]:
    """The answers to invocations at the same time: ``200``, or the reason of a 429, sorted."""

    def invoke(event: bytes) -> str:
        try:
            return str(functions.invoke(FunctionName="warm", Payload=event)["StatusCode"])
        except ClientError as error:
            return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response.get('Reason')}"

    with ThreadPoolExecutor(len(events)) as threads:
        return sorted(threads.map(invoke, events))


def test_the_accounts_concurrency_can_be_set(local_aws: Command, tmp_path: Path) -> None:
    """One more invocation is throttled at once; GetAccountSettings returns the limit."""
    local_aws("up", "--detach", LOCAL_AWS_CONCURRENT_EXECUTIONS="1")
    functions = client(tmp_path, "lambda")
    make_function(tmp_path, SLEEP)
    assert functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"] == 1
    assert answers(functions, b"3", b"3") == ["200", "429 ConcurrentInvocationLimitExceeded"]


def test_the_number_of_sandboxes_and_the_wait_for_one_can_be_set(local_aws: Command, tmp_path: Path) -> None:
    """With one sandbox and no wait, one of two invocations is throttled, far below the account's limit."""
    local_aws("up", "--detach", LOCAL_AWS_SANDBOXES="1", LOCAL_AWS_SANDBOX_WAIT="0")
    functions = client(tmp_path, "lambda")
    make_function(tmp_path, SLEEP)
    functions.invoke(FunctionName="warm", Payload=b"0")
    assert answers(functions, b"3", b"3") == ["200", "429 ConcurrentInvocationLimitExceeded"]


@pytest.mark.parametrize("arguments", [("up", "--detach"), ("up",)])
def test_a_bad_setting_is_one_clear_line(local_aws: Command, arguments: tuple[str, ...]) -> None:
    """The line names the variable, the allowed values and what to type; nothing is started."""
    up = local_aws(*arguments, LOCAL_AWS_SANDBOXES="many")
    assert (up.returncode, up.stdout) == (1, "")
    assert up.stderr == (
        "local-aws: LOCAL_AWS_SANDBOXES is 'many': it must be a whole number of sandboxes from 1 to 256. "
        "Set it to that, or unset it: unset LOCAL_AWS_SANDBOXES\n"
    )
    assert local_aws("status").returncode == 1


def test_reset_forgets_the_events_that_wait(local_aws: Command, tmp_path: Path) -> None:
    """A retry that is due after a reset never comes, not even to a new function of that name."""
    local_aws("up", "--detach")
    functions = client(tmp_path, "lambda")
    make_function(tmp_path, "def handler(event, context):\n    raise ValueError\n")
    functions.invoke(FunctionName="warm", InvocationType="Event")
    deadline = time.monotonic() + 60
    while not client(tmp_path, "logs").describe_log_groups()["logGroups"]:
        assert time.monotonic() < deadline
    assert local_aws("reset").returncode == 0
    make_function(tmp_path, "def handler(event, context):\n    pass\n")
    local_aws("clock", "advance", "1h")
    functions.invoke(FunctionName="warm")
    (group,) = client(tmp_path, "logs").describe_log_groups()["logGroups"]
    events = client(tmp_path, "logs").filter_log_events(logGroupName=group["logGroupName"])["events"]
    assert sum(event["message"].startswith("START") for event in events) == 1


def test_a_second_up_is_fine(running: Command) -> None:
    """It says that one serves already, and the first one goes on."""
    pid = pid_of(running)
    again = running("up", "--detach")
    assert again.returncode == 0
    assert again.stdout == f"The embedded AWS already serves on http://127.0.0.1:{_port(running)} (process {pid}).\n"
    assert pid_of(running) == pid


def _port(local_aws: Command) -> int:
    return int(json.loads(local_aws("status", "--json").stdout)["port"])


@pytest.mark.parametrize("arguments", [("up", "--detach"), ("up",)])
def test_a_port_in_use_is_one_clear_line(local_aws: Command, port: int, arguments: tuple[str, ...]) -> None:
    """The line names the port and what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        up = local_aws(*arguments)
    assert up.returncode == 1
    assert up.stderr == (
        f"local-aws: Port {port} on 127.0.0.1 is taken by another program. "
        f"Stop that program, or choose another port: local-aws up --port {port + 1}\n"
    )


def test_a_killed_process_is_said_to_be_gone(local_aws: Command, port: int) -> None:
    """The next command says so and removes the stale state file; then ``up`` works."""
    local_aws("up", "--detach")
    pid = pid_of(local_aws)
    os.kill(pid, signal.SIGKILL)
    while background.is_alive(pid):
        pass
    env = local_aws("env")
    assert env.returncode == 1
    assert env.stderr.splitlines() == [
        f"local-aws: the embedded AWS that was on port {port} (process {pid}) has ended without cleaning up; "
        "what it held is gone.",
        f"local-aws: No embedded AWS is running on port {port}. Start it: local-aws up --detach --port {port}",
    ]
    assert local_aws("up", "--detach").returncode == 0
    assert pid_of(local_aws) != pid


@pytest.mark.parametrize("command", ["down", "status", "env", "reset", "clock"])
def test_without_one_running_each_command_says_how_to_start(local_aws: Command, port: int, command: str) -> None:
    """Each command prints one line, with exit status 1."""
    result = local_aws(command)
    assert result.returncode == 1
    assert result.stderr == (
        f"local-aws: No embedded AWS is running on port {port}. Start it: local-aws up --detach --port {port}\n"
    )


def test_env_can_be_evaluated_by_a_shell(running: Command) -> None:
    """After that, no variable of another account can win."""
    exports = running("env", AWS_SESSION_TOKEN="stale", AWS_PROFILE="other", https_proxy="http://other").stdout
    shell = subprocess.run(
        ["sh", "-c", exports + "env"],
        env={"PATH": os.environ["PATH"], "AWS_SESSION_TOKEN": "stale", "https_proxy": "http://other"},
        capture_output=True,
        text=True,
    )
    variables = dict(line.partition("=")[::2] for line in shell.stdout.splitlines())
    assert set(variables) - {"PATH", "PWD", "SHLVL", "_", "OLDPWD"} == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "HTTPS_PROXY",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "NODE_EXTRA_CA_CERTS",
        "SLS_AWS_MONITORING_FREQUENCY",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "NO_PROXY",
        "LOCAL_AWS_PORT",
        "LOCAL_AWS_HOME",
    }
    assert Path(variables["SSL_CERT_FILE"]).read_text().count("BEGIN CERTIFICATE") > 100


def test_two_run_side_by_side(running: Command) -> None:
    """Each has a port; ``--port 0`` finds a free one."""
    other = running("up", "--detach", "--port", "0")
    other_port = other.stdout.split("127.0.0.1:")[1].split(" ")[0]
    assert json.loads(running("status", "--json", "--port", other_port).stdout)["running"]
    assert running("down", "--port", other_port).returncode == 0
    assert json.loads(running("status", "--json").stdout)["running"]


@pytest.mark.parametrize("bad", ["x", "-1", "70000"])
def test_a_bad_port_is_told(local_aws: Command, bad: str) -> None:
    """A bad port is refused on the command line and in the variable."""
    assert f"'{bad}' is no port" in local_aws("status", f"--port={bad}").stderr
    assert f"'{bad}' is no port" in local_aws("status", LOCAL_AWS_PORT=bad).stderr


def test_the_clock_is_real_until_it_is_advanced(local_aws: Command) -> None:
    """Steps add up; the uptime of the process does not follow the clock."""
    local_aws("up", "--detach")
    assert local_aws("clock").stdout.endswith("(real time)\n")
    assert local_aws("clock", "advance", "1h30m").stdout.endswith("(1:30:00 ahead of real time)\n")
    assert local_aws("clock", "advance", "45s").stdout.endswith("(1:30:45 ahead of real time)\n")
    shown = local_aws("clock").stdout
    ahead = datetime.fromisoformat(shown.split()[0]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=30) < ahead < timedelta(hours=1, minutes=31)
    assert json.loads(local_aws("status", "--json").stdout)["uptime"] < 3600


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("advance", "10x"),
            "The clock cannot be advanced by '10x': give a time of at most a year in h, m and s, such as 45s, 10m "
            "or 1h30m. It never goes backwards.",
        ),
        (("advance",), "There is no clock 'advance': say local-aws clock, or local-aws clock advance 10m."),
        (("back", "10m"), "There is no clock 'back 10m': say local-aws clock, or local-aws clock advance 10m."),
    ],
)
def test_a_bad_step_of_the_clock_is_one_clear_line(local_aws: Command, arguments: tuple[str, ...], line: str) -> None:
    """The command refuses it before it asks a process; none runs here."""
    result = local_aws("clock", *arguments)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", f"local-aws: {line}\n")


def exports(local_aws: Command) -> dict[str, str]:
    """The variables that ``env`` would make a shell export."""
    lines = [line.removeprefix("export ") for line in local_aws("env").stdout.splitlines()]
    return {name: value.strip("'\"") for name, equals, value in (line.partition("=") for line in lines) if equals}


def test_only_its_user_can_read_the_credentials(local_aws: Command, tmp_path: Path, port: int) -> None:
    """File and folders are private, whatever the umask is, and even if others could read them before."""
    home = tmp_path / "new"
    left = home / str(port)
    left.mkdir(parents=True)
    left.chmod(0o777)
    assert local_aws("up", "--detach", umask=0, LOCAL_AWS_HOME=str(home)).returncode == 0
    assert stat.S_IMODE(left.stat().st_mode) == 0o700
    assert stat.S_IMODE((left / "state.json").stat().st_mode) == 0o600
    secret = json.loads((left / "state.json").read_text())["secret_access_key"]
    told = [path for path in left.rglob("*") if path.is_file() and secret in path.read_text(errors="replace")]
    assert told == [left / "state.json"]
    local_aws("down", LOCAL_AWS_HOME=str(home))


def test_the_home_that_it_makes_is_its_users_alone(running: Command, home: Path) -> None:
    """Whatever the umask is, nobody else can put another folder in its place."""
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_every_start_has_credentials_of_its_own(local_aws: Command) -> None:
    """Key and secret are new and random at each start; the old key is refused."""
    local_aws("up", "--detach")
    before = exports(local_aws)
    local_aws("down")
    local_aws("up", "--detach")
    after = exports(local_aws)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert before[name] != after[name]
    old = boto3.Session(before["AWS_ACCESS_KEY_ID"], before["AWS_SECRET_ACCESS_KEY"], region_name="us-east-1")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        old.client("sts", endpoint_url=after["AWS_ENDPOINT_URL"]).get_caller_identity()


def test_a_later_command_of_the_shell_finds_the_same_one(local_aws: Command, tmp_path: Path, port: int) -> None:
    """``env`` exports port and home, whatever the command line and the current folder were."""
    local_aws("up", "--detach")
    home = os.path.relpath(tmp_path)
    printed = local_aws("env", "--port", str(port), LOCAL_AWS_PORT="1", LOCAL_AWS_HOME=home).stdout
    shell = subprocess.run(
        ["sh", "-c", f'{printed} cd / && exec "$0" -m local_aws status --json', sys.executable],
        env={name: value for name, value in os.environ.items() if not name.startswith("LOCAL_AWS_")},
        capture_output=True,
        text=True,
    )
    assert port == json.loads(shell.stdout)["port"]


@pytest.mark.parametrize(
    "theirs",
    [
        {"AWS_PROFILE": "not there"},
        {"AWS_DEFAULT_PROFILE": "not there"},
        {"AWS_CONFIG_FILE": "{broken}"},
        {"AWS_SHARED_CREDENTIALS_FILE": "{broken}"},
    ],
    ids=lambda theirs: next(iter(theirs)),
)
def test_the_persons_aws_configuration_is_not_read(local_aws: Command, tmp_path: Path, theirs: dict[str, str]) -> None:
    """Neither the embedded AWS nor a program in a shell that points at it reads it."""
    (tmp_path / "broken").write_text("[default\nno configuration")
    theirs = {name: value.format(broken=tmp_path / "broken") for name, value in theirs.items()}
    local_aws("up", "--detach", **theirs)
    code = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    shell = subprocess.run(
        ["sh", "-c", f"{local_aws('env', **theirs).stdout} exec '{sys.executable}' -c \"{code}\""],
        env={**os.environ, **theirs},
        capture_output=True,
        text=True,
    )
    assert ("123456789012\n", "") == (shell.stdout, shell.stderr)


COMMANDS = [("up",), ("up", "--detach"), ("down",), ("status",), ("status", "--json"), ("env",), ("clock",), ("reset",)]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_home_that_is_a_file_is_one_clear_line(
    local_aws: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """The line names the variable, why it cannot be used, and what to type."""
    home = tmp_path / "file"
    home.touch()
    told = local_aws(*arguments, LOCAL_AWS_HOME=str(home))
    assert (1, "") == (told.returncode, told.stdout)
    assert told.stderr == (
        f"local-aws: LOCAL_AWS_HOME is '{home}', which cannot be used: {home} is not a folder. "
        "Set it to a folder that you can write, or unset it: unset LOCAL_AWS_HOME\n"
    )


def test_a_home_below_a_file_is_one_clear_line(local_aws: Command, tmp_path: Path) -> None:
    """A home that cannot be made is refused in the same way."""
    (tmp_path / "file").touch()
    told = local_aws("up", "--detach", LOCAL_AWS_HOME=str(tmp_path / "file" / "home"))
    assert (1, 1) == (told.returncode, told.stderr.count("\n"))
    assert f"{tmp_path / 'file'} is not a folder" in told.stderr


@pytest.mark.parametrize("missing", [False, True])
def test_a_home_that_may_not_be_written_is_one_clear_line(local_aws: Command, tmp_path: Path, missing: bool) -> None:
    """It is refused, whether it exists or would have to be made."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("root may write everywhere")
    told = local_aws("up", "--detach", LOCAL_AWS_HOME=str(closed / "home" if missing else closed))
    assert (1, 1) == (told.returncode, told.stderr.count("\n"))
    assert f"you may not read and write {closed}" in told.stderr


@pytest.mark.parametrize("arguments", [("up",), ("up", "--detach")], ids=" ".join)
def test_what_cannot_be_made_in_the_home_is_one_clear_line(
    local_aws: Command, tmp_path: Path, port: int, arguments: tuple[str, ...]
) -> None:
    """A file where the folder of the port should be is refused too."""
    (tmp_path / str(port)).touch()
    told = local_aws(*arguments)
    assert (1, 1) == (told.returncode, told.stderr.count("\n"))
    assert f"{tmp_path / str(port)}: File exists" in told.stderr


@pytest.fixture
def stopped(local_aws: Command) -> Iterator[int]:
    """The process of an embedded AWS that lives, but does not answer."""
    local_aws("up", "--detach")
    pid = pid_of(local_aws)
    os.kill(pid, signal.SIGSTOP)
    yield pid
    if background.is_alive(pid):
        os.kill(pid, signal.SIGCONT)


def test_one_that_does_not_answer_is_kept(local_aws: Command, stopped: int, port: int) -> None:
    """Every command says so and what to do; when it answers again, every command works."""
    line = (
        f"local-aws: The embedded AWS on port {port} (process {stopped}) does not answer: it is busy or was stopped. "
        f"Wait and try again, or end it, and lose what it holds: local-aws down --port {port}\n"
    )
    commands = [("up",), ("status",), ("env",), ("clock",), ("reset",)]
    with ThreadPoolExecutor(len(commands)) as threads:
        told = list(threads.map(lambda arguments: local_aws(*arguments), commands))
    assert [(1, "", line)] * len(commands) == [(each.returncode, each.stdout, each.stderr) for each in told]
    asked = local_aws("status", "--json")
    assert {"running": True, "answers": False, "port": port, "pid": stopped} == json.loads(asked.stdout)
    os.kill(stopped, signal.SIGCONT)
    assert pid_of(local_aws) == stopped


def test_one_that_does_not_answer_can_be_ended(local_aws: Command, stopped: int, port: int) -> None:
    """``down`` ends it, because its process id is known."""
    down = local_aws("down")
    assert (0, False) == (down.returncode, background.is_alive(stopped))
    assert down.stdout == (
        f"The embedded AWS on port {port} does not answer; its process {stopped} is ended.\n"
        f"The embedded AWS on port {port} has stopped.\n"
    )
    assert local_aws("status").stderr.count("\n") == 1


def test_another_process_of_the_same_id_is_not_taken_for_it(local_aws: Command, tmp_path: Path, port: int) -> None:
    """After a crash, another process with the same id is left alone."""
    local_aws("up", "--detach")
    pid = pid_of(local_aws)
    file = tmp_path / str(port) / "state.json"
    left = json.loads(file.read_text())
    os.kill(pid, signal.SIGKILL)
    while background.is_alive(pid):
        pass
    with subprocess.Popen(["sleep", "600"]) as other:
        file.write_text(json.dumps({**left, "pid": other.pid}))
        down = local_aws("down")
        assert (1, None) == (down.returncode, other.poll())
        assert f"(process {other.pid}) has ended without cleaning up" in down.stderr
        other.kill()


def test_nobody_waits_for_it_so_it_does_not_start(local_aws: Command, tmp_path: Path, port: int) -> None:
    """If ``up`` is killed before the embedded AWS serves, it ends, because nobody knows of it."""
    environment = {**os.environ, "LOCAL_AWS_HOME": str(tmp_path), "LOCAL_AWS_PORT": str(port)}
    command = [sys.executable, "-m", "local_aws", "up", "--detach"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as up:
        while not (children := psutil.Process(up.pid).children()):
            assert up.poll() is None
        up.kill()
    (starting,) = children
    starting.wait(60)
    assert not (tmp_path / str(port) / "state.json").exists()
