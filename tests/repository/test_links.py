"""`make links` on pages of the test's own."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


class Pages(BaseHTTPRequestHandler):
    """Has one page, with one part; counts who asks."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if self.path == "/here" else 404)
        self.end_headers()
        self.wfile.write(b'<h2 id="part">A part</h2>')

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of that page's site."""
    for variable in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    Pages.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def check(*paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(REPOSITORY / "tools" / "links.py"), *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_all_lead_somewhere(site: str, tmp_path: Path) -> None:
    """A page is fetched once, however often and from wherever it is linked."""
    path = tmp_path / "a.md"
    path.write_text(f"[a]({site}/here) [b]({site}/here#part) [a]({site}/here) [c](d.md)\n")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"[e]({site}/here)")])
    nbformat.write(notebook, tmp_path / "f.ipynb")
    done = check(path, tmp_path / "f.ipynb")
    assert (0, "2 links to 1 pages in 2 files\nEach leads somewhere.\n") == (done.returncode, done.stdout)
    assert ["/here"] == Pages.asked


def test_some_lead_nowhere(site: str, tmp_path: Path) -> None:
    """A page that is gone, a part that a page has not, and a host that does not answer are named with their files."""
    path = tmp_path / "a.md"
    path.write_text(f"[a]({site}/gone) [b]({site}/here#other) [c](http://127.0.0.1:9/) [d]({site}/here)\n")
    done = check(path)
    assert 1 == done.returncode
    assert f"{site}/gone\n    404 Not Found; in a.md\n" in done.stdout
    assert f"{site}/here#other\n    the page has no such part; in a.md\n" in done.stdout
    assert "http://127.0.0.1:9/\n    " in done.stdout
    assert done.stdout.endswith("3 of them lead nowhere.\n")
