import doctest
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from websockets.sync.client import connect

from walkthrough import server, wait
from walkthrough.errors import WalkthroughError

pytestmark = pytest.mark.slow

ECHO = """
import asyncio, signal, sys
from websockets.asyncio.server import serve

async def echo(client):
    async for message in client:
        await client.send(message)

async def main(port):
    async with serve(echo, "127.0.0.1", int(port)) as server:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.close)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.wait_closed()

asyncio.run(main(sys.argv[1]))
"""

LISTENS = """
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, with a server in ``chat.py``; whatever was started in it is stopped afterwards."""
    (tmp_path / "chat.py").write_text(ECHO)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    server.stop_all()


def written(folder: Path, source: str) -> Path:
    path = folder / "other.py"
    path.write_text(source)
    return path


@pytest.mark.usefixtures("folder")
def test_example() -> None:
    """The example in the module's docstring does what it says."""
    assert doctest.TestResults(failed=0, attempted=6) == doctest.testmod(server)


@pytest.mark.usefixtures("folder")
def test_it_serves_once_started() -> None:
    """As soon as ``start`` returns, the server accepts and answers."""
    chat = server.start("chat.py")
    with connect(f"ws://127.0.0.1:{chat.port}") as client:
        client.send("psst")
        assert "psst" == client.recv(timeout=60)


@pytest.mark.usefixtures("folder")
def test_it_comes_back_on_its_port() -> None:
    """Stopped and started again, it is another process on the same port."""
    chat = server.start("chat.py")
    port, before = chat.port, chat.pid
    chat.stop()
    assert (False, False) == (chat.running(), chat.listens())
    chat.start()
    assert (port, True) == (chat.port, chat.listens())
    assert before != chat.pid


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("how", "code"), [("stop", 1001), ("kill", 1006)])
def test_how_it_ends(how: str, code: int) -> None:
    """``stop`` lets the server close its connections, ``kill`` does not."""
    chat = server.start("chat.py")
    with connect(f"ws://127.0.0.1:{chat.port}") as client:
        getattr(chat, how)()
        wait.until(lambda: client.close_code is not None)
        assert code == client.close_code


@pytest.mark.usefixtures("folder")
def test_starting_twice() -> None:
    """A server that runs already keeps running."""
    chat = server.start("chat.py")
    before = chat.pid
    chat.start()
    assert before == chat.pid


@pytest.mark.usefixtures("folder")
def test_what_it_weighs() -> None:
    """Each connection that it holds is one more descriptor; memory is in bytes."""
    chat = server.start("chat.py")
    before = chat.descriptors()
    with connect(f"ws://127.0.0.1:{chat.port}"):
        assert before + 1 == chat.descriptors()
    assert 1_000_000 < chat.memory() < 1_000_000_000


@pytest.mark.usefixtures("folder")
def test_a_stopped_one_weighs_nothing() -> None:
    """Asked for the memory of a server that does not run, it says so."""
    chat = server.start("chat.py")
    chat.stop()
    with pytest.raises(WalkthroughError, match=r"^chat\.py does not run: start it first\.$"):
        chat.memory()


def test_its_arguments(folder: Path) -> None:
    """After the port, the file gets the arguments of ``start``; what it prints can be read."""
    path = written(folder, LISTENS + "print(sys.argv[1:], flush=True)\ntime.sleep(60)")
    with server.start(path, "one", Path("two")) as other:
        assert other.listens()
        wait.until(lambda: "['0', 'one', 'two']\n" in other.output())


def test_its_neighbours(folder: Path) -> None:
    """The file may import what lies beside it, as under ``python FILE``, and runs as ``__main__``."""
    (folder / "beside.py").write_text("word = 'psst'")
    path = written(folder, "import beside\n" + LISTENS + "print(beside.word, __name__, flush=True)\ntime.sleep(60)")
    with server.start(path) as other:
        wait.until(lambda: "psst __main__\n" in other.output())


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise OSError('no room')", "other.py stopped before it listened. The last it said: OSError: no room"),
        ("", "other.py stopped before it listened. The last it said: nothing."),
        ("import time\nprint('hello', flush=True)\ntime.sleep(60)", "other.py runs, but within 1 seconds its first"),
        (None, "There is no file "),
    ],
)
def test_a_file_that_does_not_serve(
    source: str | None, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is missing, ends, or prints no port is reported in one sentence, and no process of it is left."""
    monkeypatch.setattr(server, "PATIENCE", 1)
    other = server.Server(written(folder, source) if source is not None else folder / "nowhere.py")
    with pytest.raises(WalkthroughError, match="^" + re.escape(said)):
        other.start()
    assert not other.running()


def test_one_that_will_not_stop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that ignores SIGTERM is killed in the end."""
    deaf = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LISTENS + "time.sleep(60)"
    other = server.start(written(folder, deaf))
    monkeypatch.setattr(server, "PATIENCE", 0.5)
    other.stop()
    assert not other.running()


def test_nobody_is_left_behind(folder: Path) -> None:
    """When the process that started it is killed, the server ends too."""
    starts = "import sys, time\nfrom walkthrough import server\nprint(server.start('chat.py').pid, flush=True)\n"
    with subprocess.Popen(
        [sys.executable, "-c", starts + "time.sleep(60)"], cwd=folder, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        child = psutil.Process(int(starter.stdout.readline()))
        assert child.is_running()
        starter.kill()
    wait.until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_somebody_else_on_its_port(folder: Path) -> None:
    """If another process listens on the port of a server that was stopped, that is said."""
    chat = server.start("chat.py")
    chat.stop()
    with socket.create_server(("127.0.0.1", chat.port)), pytest.raises(WalkthroughError, match=str(chat.port)):
        server.stop_all()


def test_nothing_started(capsys: pytest.CaptureFixture[str]) -> None:
    """Without servers, stopping all says that there were none."""
    server.stop_all()
    assert "Nothing was started here.\n" == capsys.readouterr().out
