"""The messages and events of a connection, line by line: as HTML for the panel, and as plain text.

>>> transcript = Transcript()
>>> transcript.add(SENT, '{"action":"send"}')
>>> transcript.add(RECEIVED, *of_binary(b"pong"))
>>> print(transcript)
> {"action":"send"}
< (binary, 4 bytes) 70 6f 6e 67
"""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape

__all__ = ["HAPPENED", "RECEIVED", "SENT", "History", "Line", "Transcript", "of_binary"]

SENT, RECEIVED, HAPPENED = ">", "<", "·"

WORDS = {SENT: "sent", RECEIVED: "received", HAPPENED: "note"}
"""The meaning of each mark, for people who hear the page or cannot tell the marks apart."""

KEPT = 500  # lines
SHOWN = 4000  # characters of a message
BYTES = 48  # of a binary message

VISIBLE = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {127: 0x2421}
"""Control characters, which a page would not show, as Unicode's pictures of them."""

# The colours are JupyterLab's own variables, so that they follow its theme; the colours after the commas are for pages
# without a theme.
ROW = "display:grid;grid-template-columns:7.5em 6.5em minmax(0,1fr);column-gap:1em;"
DIM = "color:var(--jp-ui-font-color1,#24292f);opacity:.8;"
TEXT = "white-space:pre-wrap;overflow-wrap:anywhere;"
EDGE = {
    SENT: "border-left:3px solid #a34700;",
    RECEIVED: "border-left:3px solid #2e86c1;",
    HAPPENED: "border-left:3px solid transparent;font-style:italic;",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message or event. ``note`` describes a message that is not text."""

    at: datetime
    mark: str
    text: str
    note: str = ""

    def __str__(self) -> str:
        """Without the time, so that each run prints the same."""
        return " ".join(filter(None, (self.mark, f"({self.note})" if self.note else "", self._shown())))

    def html(self) -> str:
        """The line as a row. The text is escaped, so that what the other side sent never becomes HTML."""
        time = self.at.isoformat(sep=" ", timespec="milliseconds")[11:]
        note = f'<span style="{DIM}">({escape(self.note)})</span> ' if self.note else ""
        return (
            f'<div style="{ROW}{EDGE[self.mark]}padding-left:6px"><span style="{DIM}">{time}</span>'
            f"<span><b>{escape(self.mark)}</b> {WORDS[self.mark]}</span>"
            f'<span style="{TEXT}">{note}{escape(self._shown())}</span></div>'
        )

    def _shown(self) -> str:
        text = self.text.translate(VISIBLE)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}… and {len(text) - SHOWN:,} more characters"


class Transcript:
    """The last lines of a conversation; any thread may add to it. Adding takes the same time however long it is."""

    def __init__(self, kept: int = KEPT) -> None:
        self._rows: deque[tuple[Line, str]] = deque(maxlen=kept)
        self._dropped = 0
        self._lock = threading.Lock()

    @property
    def lines(self) -> list[Line]:
        """The lines that are kept, the oldest first."""
        with self._lock:
            return [line for line, _ in self._rows]

    def add(self, mark: str, text: str, note: str = "") -> None:
        """Add a message or an event, with the time of now."""
        line = Line(datetime.now(), mark, text, note)
        row = line.html()  # made once, however often the panel is painted
        with self._lock:
            self._dropped += len(self._rows) == self._rows.maxlen
            self._rows.append((line, row))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._rows.clear()
            self._dropped = 0

    def html(self) -> str:
        """Everything, as one element."""
        with self._lock:
            rows = [row for _, row in self._rows]
            dropped = self._dropped
        gone = f'<div style="{DIM}">{_gone(dropped)}</div>' if dropped else ""
        return (
            '<div role="log" aria-label="Messages, the newest last" style="line-height:1.5;'
            "color:var(--jp-content-font-color1,#24292f);"
            f'font-family:var(--jp-code-font-family,monospace);font-size:13px">{gone}{"".join(rows)}</div>'
        )

    def __str__(self) -> str:
        with self._lock:
            lines = [str(line) for line, _ in self._rows]
            dropped = self._dropped
        return "\n".join([_gone(dropped)] * bool(dropped) + lines)


class History:
    """The texts that were typed, the newest first, each of them once. ``typed`` are those to start with."""

    def __init__(self, typed: Iterable[str] = (), kept: int = 50) -> None:
        self._kept = kept
        self._typed: list[str] = []
        self._back = -1  # the index of the text that ``earlier`` returned last
        for text in [typed] if isinstance(typed, str) else typed:
            self.add(text)

    def add(self, text: str) -> None:
        """Put a text in front that was typed just now."""
        self._typed = [text, *(other for other in self._typed if other != text)][: self._kept]
        self._back = -1

    def earlier(self) -> str | None:
        """The newest text, at the next call the one before it, and after the oldest the newest again; None if empty."""
        if not self._typed:
            return None
        self._back = (self._back + 1) % len(self._typed)
        return self._typed[self._back]

    @property
    def texts(self) -> tuple[str, ...]:
        """The newest first."""
        return tuple(self._typed)


def of_binary(data: bytes) -> tuple[str, str]:
    """Text and note of a binary message: its first bytes in hexadecimal, and how many it has."""
    more = " …" if len(data) > BYTES else ""
    return data[:BYTES].hex(" ") + more, f"binary, {len(data):,} bytes"


def _gone(number: int) -> str:
    return f"({number:,} older {'line is' if number == 1 else 'lines are'} no longer shown)"
