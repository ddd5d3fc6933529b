"""wscat in a cell: a panel to type messages into and to read frames from.

    from walkthrough import console, stack
    console.open(stack.url(), history=['{"action":"send"}'])

``transcript`` and ``words`` are pure, ``session`` holds the connection, ``panel`` shows them with JupyterLab's own
controls. Nothing is printed: the listener's thread writes into the panel, also while no cell runs.
"""

from collections.abc import Iterable
from typing import Any

from IPython.core.getipython import get_ipython

from walkthrough.console.panel import Console
from walkthrough.errors import WalkthroughError

__all__ = ["Console", "open"]

_opened: dict[str, tuple[int, list[Console]]] = {}
"""By cell: at which execution of it consoles were opened, and which."""


def open(url: str, history: Iterable[str] = (), **options: Any) -> Console:
    """A panel connected to a WebSocket's address, or one that says in a line why it is not.

    ``history`` are messages to offer, the last one first; ``options`` go to ``websockets.sync.client.connect``, such as
    ``additional_headers``, ``subprotocols`` or ``ssl``. When a cell is run again, what it opened before is closed.
    Raises WalkthroughError for what is no text.
    """
    if not isinstance(url, str):
        raise WalkthroughError(f"console.open() was given {url!r}: it takes an address, such as stack.url() returns.")
    console = Console(url, history, **options)
    _replace(console)
    console.connect()
    return console


def _replace(console: Console) -> None:
    """Close what an earlier run of this cell opened; outside of a notebook there is none."""
    shell = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return
    parent = shell.get_parent()
    # JupyterLab names the cell; other frontends are known by the code that they run
    cell = parent.get("metadata", {}).get("cellId") or str(parent.get("content", {}).get("code"))
    run, consoles = _opened.get(cell, (shell.execution_count, []))
    if run != shell.execution_count:
        for earlier in consoles:
            earlier.close()
        consoles = []
    _opened[cell] = (shell.execution_count, [*consoles, console])
