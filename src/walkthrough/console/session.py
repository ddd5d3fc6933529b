"""A connection that can be opened, lost and opened again, with a thread that listens. It has no widgets.

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
    """At most one connection to one address.

    ``tell`` is called for each message and event, from any thread, with the arguments of ``Transcript.add``.
    """

    def __init__(self, url: str, tell: Callable[..., None], **options: Any) -> None:
        self.url = url
        self._tell = tell
        self._options = {"close_timeout": CLOSING, **options}
        self._lock = threading.Lock()
        self._speaking = threading.Lock()  # otherwise an answer could be reported before its message
        self._listener: threading.Thread | None = None
        self._connection: ClientConnection | None = None

    @property
    def connected(self) -> bool:
        """Whether a message could be sent."""
        return self._connection is not None

    def connect(self) -> None:
        """Open a connection if there is none, and wait until it is open or has failed. ``tell`` gets the outcome."""
        opened = threading.Event()
        with self._lock:
            if self._listener is not None:
                return
            # daemon: an open connection does not keep the process from ending
            self._listener = threading.Thread(target=self._listen, args=(opened,), name="console", daemon=True)
            self._listener.start()
        opened.wait()

    def send(self, text: str) -> bool:
        """Send one text message. Returns whether it was sent."""
        connection = self._connection
        error: Exception | None = None
        if connection is not None:
            try:
                text.encode()  # otherwise websockets would close the connection at half a surrogate pair
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
            # as a context manager, which all releases of websockets support
            with connect(self.url, **self._options) as connection:
                self._connection = connection
                self._tell(HAPPENED, f"Connected to {self.url}.")
                opened.set()
                while True:
                    message = connection.recv()
                    text_and_note = (message,) if isinstance(message, str) else of_binary(message)
                    with self._speaking:
                        self._tell(RECEIVED, *text_and_note)
        except ConnectionClosed as end:
            outcome = explanations.closed(end)
        except Exception as error:  # every error becomes a line: nobody catches it in a thread
            outcome = explanations.failed(error, self.url)
        with self._lock:
            self._connection = self._listener = None
        with suppress(RuntimeError):  # at the interpreter's end
            self._tell(HAPPENED, outcome)
        opened.set()
