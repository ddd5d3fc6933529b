"""wscat in a cell: a panel to type messages into and to read frames from.

    from walkthrough import console, stack
    console.open(stack.url(), history=['{"action":"send"}'])

As the last line of a cell the panel is shown. In a variable it can be used from code, also without a notebook:

    >>> from walkthrough import console
    >>> with console.open(url) as opened:
    ...     opened.send("psst")
    True
    >>> print(opened)
    · Connected to ws://...
    > psst
    ...

``transcript`` and ``explanations`` are pure, ``session`` holds the connection, ``panel`` shows them with JupyterLab's
own controls. Nothing is printed: the listener's thread writes into the panel, also while no cell runs.
"""

from collections.abc import Iterable
from typing import Any

from IPython.core.getipython import get_ipython

from walkthrough.console.panel import Console
from walkthrough.errors import WalkthroughError

__all__ = ["Console", "open"]

_opened: dict[str, tuple[int, list[Console]]] = {}
"""For each cell's id: the execution count of its latest run, and the consoles that this run opened."""


def open(url: str, history: Iterable[str] = (), **options: Any) -> Console:
    """A panel that is connected to the WebSocket at ``url``, or says in one line why it is not.

    ``history`` are messages to offer, the last one first; ``options`` go to ``websockets.sync.client.connect``, such as
    ``additional_headers``, ``subprotocols`` or ``ssl``. When a cell runs again, the consoles of its earlier run are
    closed. Raises WalkthroughError if ``url`` is no text.
    """
    if not isinstance(url, str):
        raise WalkthroughError(f"console.open() was given {url!r}: it takes an address, such as stack.url() returns.")
    console = Console(url, history, **options)
    _replace(console)
    console.connect()
    return console


def _replace(console: Console) -> None:
    """Close the consoles of an earlier run of this cell, if the frontend sends cell ids, as JupyterLab does."""
    shell = get_ipython()
    if shell is None or not hasattr(shell, "get_parent"):
        return
    cell = shell.get_parent().get("metadata", {}).get("cellId")
    if cell is None:
        return
    run, consoles = _opened.get(cell, (shell.execution_count, []))
    if run != shell.execution_count:
        for earlier in consoles:
            earlier.close()
        consoles = []
    _opened[cell] = (shell.execution_count, [*consoles, console])
