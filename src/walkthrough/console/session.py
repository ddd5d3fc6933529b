"""A connection that can be opened, lost and opened again, with a thread of its own that listens. It has no widgets.

>>> session = Session(url, transcript.add)
>>> session.connect()
>>> session.send("psst")
True
>>> session.close()
>>> session.send("psst")
False
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from walkthrough.console import explanations
from walkthrough.console.transcript import HAPPENED, RECEIVED, SENT, of_binary

__all__ = ["Session"]

CLOSING = 2  # seconds that the other side has to answer a close frame, while the kernel waits


class Session:
    """At most one connection to one address. ``tell`` is told of everything, in any thread: see ``Transcript.add``."""

    def __init__(self, url: str, tell: Callable[..., None], **options: Any) -> None:
        self.url = url
        self._tell = tell
        self._options = {"close_timeout": CLOSING, **options}
        self._lock = threading.Lock()
        self._speaking = threading.Lock()  # or an answer could be told of before the message it answers
        self._listener: threading.Thread | None = None
        self._connection: ClientConnection | None = None

    @property
    def connected(self) -> bool:
        """Whether a message could be sent."""
        return self._connection is not None

    def connect(self) -> None:
        """Open a connection if there is none, and wait until it is open or has failed, which ``tell`` hears of."""
        opened = threading.Event()
        with self._lock:
            if self._listener is not None:
                return
            # daemon: whoever leaves is not held up by a connection
            self._listener = threading.Thread(target=self._listen, args=(opened,), name="console", daemon=True)
            self._listener.start()
        opened.wait()

    def send(self, text: str) -> bool:
        """Send one text message, and say whether it has left."""
        connection = self._connection
        error: Exception | None = None
        if connection is not None:
            try:
                text.encode()  # or websockets ends the connection over what is no text
                with self._speaking:
                    connection.send(text)
                    self._tell(SENT, text)
            except (ConnectionClosed, UnicodeError) as failure:
                error = failure
            else:
                return True
        self._tell(HAPPENED, explanations.unsent(error))
        return False

    def close(self) -> None:
        """Close the connection if there is one, and wait until the other side has agreed, or for two seconds."""
        connection, listener = self._connection, self._listener
        if connection is not None:
            connection.close()
        if listener is not None and listener is not threading.current_thread():
            listener.join(CLOSING)

    def _listen(self, opened: threading.Event) -> None:
        try:
            # as a context manager, which all releases of websockets know
            with connect(self.url, **self._options) as connection:
                self._connection = connection
                self._tell(HAPPENED, f"Connected to {self.url}.")
                opened.set()
                while True:
                    message = connection.recv()
                    heard = (message,) if isinstance(message, str) else of_binary(message)
                    with self._speaking:
                        self._tell(RECEIVED, *heard)
        except ConnectionClosed as end:
            said = explanations.closed(end)
        except Exception as error:  # whatever it is, it becomes a line: a thread has nobody to raise it to
            said = explanations.failed(error, self.url)
        with self._lock:
            self._connection = self._listener = None
        with suppress(RuntimeError):  # at the interpreter's end
            self._tell(HAPPENED, said)
        opened.set()
