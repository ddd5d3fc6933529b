"""The panel: JupyterLab's own controls around a session and its transcript."""

import threading
from collections.abc import Iterable
from html import escape
from typing import Any

import ipywidgets as widgets

from walkthrough.console.session import Session
from walkthrough.console.transcript import History, Transcript

__all__ = ["Console"]

PAINT = 0.05  # seconds between two paintings, so that a thousand messages a second are painted twenty times
SETTLE = 0.3  # seconds within which the text arrives after the Enter that sends it


class Console:
    """wscat in a cell: type a message, press Enter, read what comes.

    ``str()`` returns the transcript so far. The connection is closed by ``close()``, at the end of a ``with`` block, or
    when the cell runs again.
    """

    def __init__(self, url: str, history: Iterable[str] = (), **options: Any) -> None:
        self.transcript = Transcript()
        self._history = History(history)
        self._session = Session(url, self._add, **options)
        self._lock = threading.Lock()
        self._painting = False
        self._entered: threading.Timer | None = None

        self._frames = widgets.HTML()
        self._frames.layout.margin = "0 0 auto 0"  # at the top while there are few
        # The last line stays in view, since a reversed column is scrolled to its end. Once there is something to
        # scroll, Shift+Tab in the field leads here, and Page Up, Home and End scroll.
        log = widgets.Box(
            [self._frames],
            layout=widgets.Layout(
                flex_flow="column-reverse",
                height="240px",
                overflow="auto",
                padding="4px",
                border="1px solid var(--jp-border-color1, #c9d1d9)",
            ),
        )
        # The field's value changes at Enter, not at each key. Browsers show the options as suggestions, most of them at
        # arrow down; the button works in every browser.
        self._field = widgets.Combobox(
            description="Message:",
            placeholder="type a message and press Enter",
            options=self._history.texts,
            continuous_update=False,
            layout=widgets.Layout(flex="1 1 auto", width="auto"),
        )
        self._earlier = widgets.Button(description="Earlier", tooltip="Put the message before that into the field")
        self._send = widgets.Button(description="Send", tooltip="Send the message")
        self._switch = widgets.Button(description="Connect")
        self._clear = widgets.Button(description="Clear", tooltip="Empty the list of messages")
        buttons = (self._earlier, self._send, self._switch, self._clear)
        for button in buttons:
            button.layout = widgets.Layout(width="auto", flex="0 0 auto")
        self._status = widgets.HTML()
        self.widget = widgets.VBox([self._status, log, widgets.HBox([self._field, *buttons])])

        self._field.on_msg(self._enter)
        self._field.observe(self._changed, "value")
        self._earlier.on_click(lambda _: self._earlier_pressed())
        self._send.on_click(lambda _: self._send_pressed())
        self._switch.on_click(lambda _: self.close() if self._session.connected else self.connect())
        self._clear.on_click(lambda _: self.clear())
        self._paint()

    def connect(self) -> None:
        """Connect, unless it is connected. A failure becomes a line of the transcript."""
        self._session.connect()

    def send(self, text: str) -> bool:
        """Send a message, as typing it and pressing Enter does. Returns whether it was sent."""
        if not self._session.send(text):
            return False
        self._history.add(text)
        self._field.options = self._history.texts
        return True

    def clear(self) -> None:
        """Empty the list of messages."""
        self.transcript.clear()
        self._repaint()

    def close(self) -> None:
        """Close the connection. The panel keeps its transcript, and can connect again."""
        self._session.close()

    def __enter__(self) -> "Console":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __str__(self) -> str:
        return str(self.transcript)

    def __repr__(self) -> str:
        """The same text at each run: a notebook keeps it, and a page without widgets shows it."""
        return f"Console on {self._session.url}: run this cell to type into it."

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {**self.widget._repr_mimebundle_(), "text/plain": repr(self)}

    # At Enter, the browser sends a message "submit" and then, with its "change" event, the text. When the field loses
    # the focus, only the text comes; at Enter on a text that came before in this way, only "submit" comes.

    def _enter(self, _field: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("event") != "submit":
            return
        timer = threading.Timer(SETTLE, self._settled)
        timer.daemon = True
        with self._lock:
            self._entered = timer
        timer.start()

    def _changed(self, change: dict[str, Any]) -> None:
        if self._is_entered():
            self._send_typed(change["new"])

    def _settled(self) -> None:
        if self._is_entered():
            self._send_typed(self._field.value)

    def _is_entered(self) -> bool:
        with self._lock:
            timer, self._entered = self._entered, None
        if timer is not None:
            timer.cancel()
        return timer is not None

    def _send_pressed(self) -> None:
        self._send_typed(self._field.value)
        self._field.focus()

    def _earlier_pressed(self) -> None:
        self._field.value = self._history.earlier() or self._field.value
        self._field.focus()

    def _send_typed(self, text: str) -> None:
        if text and self.send(text):
            self._field.value = ""

    # The panel is painted only here, at most once in PAINT seconds, for all threads.

    def _add(self, mark: str, text: str, note: str = "") -> None:
        self.transcript.add(mark, text, note)
        self._repaint()

    def _repaint(self) -> None:
        with self._lock:
            if self._painting:
                return
            self._painting = True
        timer = threading.Timer(PAINT, self._paint)
        timer.daemon = True
        timer.start()

    def _paint(self) -> None:
        with self._lock:
            self._painting = False
        connected = self._session.connected
        self._frames.value = self.transcript.html()
        self._switch.description = "Disconnect" if connected else "Connect"
        self._switch.tooltip = "Close the connection" if connected else "Open a connection"
        self._status.value = (
            '<div role="status" style="color:var(--jp-content-font-color1,#24292f);line-height:1.5;'
            'overflow-wrap:anywhere">'
            f"<b>{'● connected' if connected else '○ not connected'}</b> {escape(self._session.url)}</div>"
        )
