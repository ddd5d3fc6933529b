import doctest
from collections.abc import Callable, Iterator

import pytest
from jupyter_client.manager import KernelManager, start_new_kernel

import walkthrough.console
from walkthrough import console
from walkthrough.errors import WalkthroughError

from .conftest import Eventually, Talker

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_proxy")]

Run = Callable[..., None]


@pytest.fixture
def kernel() -> Iterator[tuple[KernelManager, Run]]:
    """A kernel, and a function that runs a cell in it as JupyterLab does: with the cell's id."""
    manager, client = start_new_kernel()

    def run(code: str, cell: str) -> None:
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = client.session.msg("execute_request", content, metadata={"cellId": cell})
        client.shell_channel.send(message)
        reply = client.get_shell_msg(timeout=120)
        while reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            reply = client.get_shell_msg(timeout=120)
        assert "ok" == reply["content"]["status"], reply["content"]

    yield manager, run
    client.stop_channels()
    if manager.is_alive():
        manager.shutdown_kernel(now=True)


def test_open(server: Talker) -> None:
    """The console is connected when ``open`` returns."""
    with console.open(server.url) as opened:
        assert opened.send("psst")


def test_open_what_is_no_text() -> None:
    """None, as from a variable that was never set, gets one sentence."""
    with pytest.raises(WalkthroughError, match=r"^console.open\(\) was given None: it takes an address"):
        console.open(None)  # type: ignore[arg-type]


def test_a_refused_connection_is_a_panel_too(server: Talker) -> None:
    """A refusal raises nothing: the panel says it, and can try again."""
    assert str(console.open(f"{server.url}/403")).startswith("· Refused: 403 Forbidden.")


def test_the_example(server: Talker) -> None:
    """The example in the package's docstring does what it says."""
    example = doctest.DocTestParser().get_doctest(
        walkthrough.console.__doc__ or "", {"url": server.url}, "console", None, 0
    )
    assert example.examples
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example)
    assert 0 == result.failed


def test_running_a_cell_again(kernel: tuple[KernelManager, Run], server: Talker, eventually: Eventually) -> None:
    """A cell that runs again closes what it opened before, and nothing of another cell."""
    _, run = kernel
    cell = f"from walkthrough import console; console.open({server.url!r})"
    run(cell, "A")
    run(cell, "B")
    first, second = server.arrived
    run(cell + "  # changed", "A")
    eventually(lambda: first.close_code == 1000)
    assert second.close_code is None
    assert server.arrived[2].close_code is None


def test_two_in_one_cell(kernel: tuple[KernelManager, Run], server: Talker) -> None:
    """Consoles that one run of a cell opens are open at the same time."""
    _, run = kernel
    run(f"from walkthrough import console; a, b = [console.open({server.url!r}) for _ in range(2)]", "A")
    run("assert a.send('one') and b.send('two')", "B")


def test_the_kernel_ends(kernel: tuple[KernelManager, Run], server: Talker, eventually: Eventually) -> None:
    """A kernel with a console open shuts down when it is asked to, and takes the connection with it."""
    manager, run = kernel
    run(f"from walkthrough import console; console.open({server.url!r})", "A")
    manager.shutdown_kernel(now=False)
    assert not manager.is_alive()
    eventually(lambda: server.arrived[0].close_code is not None)
