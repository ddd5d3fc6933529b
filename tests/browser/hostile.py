"""A hostile web page: what it can send to another origin, and what it sends there."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from playwright.sync_api import Page, Response

__all__ = ["GETS", "POSTS", "SANDBOX", "SOCKET", "Network", "form", "presigned", "serve"]

OWN = "x-of-the-page"
"""A header in the answers of the page's own server, which Playwright may report later than the page itself."""

PAGE = b"<!doctype html><link rel=icon href='data:,'><title>Nice to meet you</title>"

_FORM = """
const form = document.createElement('form');
form.method = 'POST';
form.action = url;
form.enctype = 'text/plain';
const input = document.createElement('input');
[input.name, input.value] = [body.slice(0, body.lastIndexOf('=')), body.slice(body.lastIndexOf('=') + 1).trim()];
form.append(input);
document.body.append(form);
"""
_ELEMENT = "({url}) => {const e = document.body.appendChild(document.createElement('%s')); %s}"

SANDBOX = """() => {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts allow-forms';
    frame.src = location;
    document.body.append(frame)}"""
"""Opens the page in itself, in a frame whose ``Origin`` is ``null``."""

POSTS = {
    "fetch": "({url, body}) => fetch(url, {method: 'POST', mode: 'no-cors', body})",
    "fetch with CORS": "({url, body}) => fetch(url, {method: 'POST', body}).catch(String)",
    "fetch of JSON": """({url, body}) =>
        fetch(url, {method: 'POST', body, headers: {'Content-Type': 'application/json'}}).catch(String)""",
    "fetch with headers": "({url, body, headers}) => fetch(url, {method: 'POST', body, headers}).catch(String)",
    "fetch that outlives the page": """({url, body}) => {
        fetch(url, {method: 'POST', mode: 'no-cors', keepalive: true, body})}""",
    "XMLHttpRequest": """({url, body}) => new Promise(done => {
        const request = new XMLHttpRequest();
        request.onloadend = done;
        request.open('POST', url);
        request.send(body)})""",
    "beacon": "({url, body}) => navigator.sendBeacon(url, body)",
    "form": "({url, body}) => {" + _FORM + "form.submit()}",
    "form in a frame": """({url, body}) => {
        const frame = document.body.appendChild(document.createElement('iframe'));
        frame.name = 'hidden';"""
    + _FORM
    + "form.target = 'hidden'; form.submit()}",
}
"""Ways to POST a body: functions of JavaScript. Those with headers of their own must ask before (a preflight)."""

GETS = {
    "fetch": "({url}) => fetch(url, {mode: 'no-cors'})",
    "fetch with CORS": "({url}) => fetch(url).catch(String)",
    "fetch with headers": "({url, headers}) => fetch(url, {headers}).catch(String)",
    "EventSource": "({url}) => new Promise(done => {new EventSource(url).onerror = done})",
    "image": _ELEMENT % ("img", "e.src = url"),
    "script": _ELEMENT % ("script", "e.src = url"),
    "style sheet": _ELEMENT % ("link", "e.rel = 'stylesheet'; e.href = url"),
    "prefetch": _ELEMENT % ("link", "e.rel = 'prefetch'; e.href = url"),
    "video": _ELEMENT % ("video", "e.src = url"),
    "frame": _ELEMENT % ("iframe", "e.src = url"),
    "object": _ELEMENT % ("object", "e.data = url"),
    "link": _ELEMENT % ("a", "e.href = url; e.rel = 'noreferrer'; e.click()"),
    "redirect": "({url}) => {location = '/redirect?' + url}",
}
"""Ways to GET. Most of them send no ``Origin``."""

SOCKET = """url => new Promise(done => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send('{"action":"ping"}');
    socket.onmessage = message => done(message.data);
    socket.onerror = () => done('refused');
    setTimeout(done, 10000, 'nothing')})"""
"""Opens a WebSocket and returns the answer."""


def form(text: str) -> str:
    """A body that a form can send as ``text/plain``: ``name=value``, the last ``=`` being the form's own."""
    return f"{text}\r\n"


class Network:
    """All that came back over the network to a page, also where its scripts may not look: status and content type.

    Playwright tells of its frames, Chromium itself of preflights and of what the page is kept from reading.
    """

    def __init__(self, page: Page) -> None:
        self.socket_errors: list[str] = []
        self._urls: dict[object, str] = {}
        self._answers: list[tuple[object, int, str]] = []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.responseReceivedExtraInfo", self._answered)  # may be told of first
        page.context.on("response", self._seen)
        page.on("websocket", lambda socket: socket.on("socketerror", lambda error: self.socket_errors.append(error)))

    @property
    def answers(self) -> set[tuple[int, str]]:
        """Without those of the page's own server, and without what the browser asks for itself."""
        return {
            (status, kind)
            for key, status, kind in self._answers
            if not self._urls.get(key, "/favicon.ico").endswith("/favicon.ico")
        }

    def _asked(self, event: dict[str, Any]) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _answered(self, event: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in event["headers"].items()}
        if OWN not in headers:
            self._answers.append((event["requestId"], event["statusCode"], headers.get("content-type", "")))

    def _seen(self, response: Response) -> None:
        kind = response.headers.get("content-type")
        if kind is not None and OWN not in response.headers:  # Chromium takes it from what it keeps from a page
            self._urls[response] = response.url
            self._answers.append((response, response.status, kind))


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, target = self.path.partition("?")
        self.send_response(302 if path == "/redirect" else 200)
        self.send_header("Location", target)
        self.send_header(OWN, "yes")
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve() -> Iterator[int]:
    """Serve the page on a port of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


class _QueryAuth(SigV4QueryAuth):
    """Signs a body too; botocore's own would put it into the query."""

    def __init__(self, *arguments: Any, body: str) -> None:
        super().__init__(*arguments)
        self._body = body

    def payload(self, request: AWSRequest) -> str:
        return hashlib.sha256(self._body.encode()).hexdigest()


def presigned(credentials: Credentials, service: str, method: str, url: str, body: str = "") -> str:
    """The address of a request that is signed in its query, so that it needs no header."""
    request = AWSRequest(method, url)
    _QueryAuth(credentials, service, "us-east-1", body=body).add_auth(request)
    return str(request.url)
