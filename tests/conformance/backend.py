"""An HTTP backend: it answers with what it was asked, and the status that the path wants."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

__all__ = ["Backend"]


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": self.rfile.read(length).decode("utf-8", "replace"),
        }
        self.server.asked.append(asked)  # type: ignore[attr-defined]
        _, _, status = self.path.partition("?")[0].partition("/status/")
        content = json.dumps(asked).encode()
        self.send_response(int(status or 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Backend", "here")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        """Nothing is printed among the tests' own lines."""


class Backend:
    """Serves on a free port of loopback for as long as the block lasts; ``asked`` is every request so far."""

    def __enter__(self) -> "Backend":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self._server.asked = self.asked  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
