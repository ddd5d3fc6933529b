"""JupyterLab as `make lab` starts it, in a copy of this repository, and the things that a learner does in it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page

__all__ = ["REPOSITORY", "SCREENSHOTS", "Lab", "Notebook", "Picture", "start"]

REPOSITORY = Path(__file__).resolve().parents[2]
SCREENSHOTS = REPOSITORY / "build" / "screenshots"
LEFT_OUT = (".*", "*.egg-info", "__pycache__", "benchmarks", "build", "dist", "node_modules", "tests")

SETTINGS = {
    # all cells are in the page, also those out of view: else what a test looks for may not be there
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    # and nobody asks the internet, or us, for anything
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}

STARTED = 300  # seconds
RAN = 600_000  # milliseconds


class Lab:
    """A JupyterLab that runs; ``folder`` is the copy of the repository that it serves."""

    def __init__(self, folder: Path, environment: dict[str, str], address: str, token: str) -> None:
        self.folder = folder
        self.environment = environment
        self.address = address
        self.token = token

    def write(self, name: str, *cells: str) -> str:
        """Make a notebook of these code cells, in a folder beside the course's, and return its path."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell.strip()) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        made = self.folder / "made"
        made.mkdir(exist_ok=True)
        nbformat.write(notebook, made / name)
        return f"made/{name}"

    def open(self, page: Page, path: str) -> "Notebook":
        """Open the notebook with this path in ``folder``, and wait until its kernel is ready."""
        # a workspace of its own, so that no notebook of another test is open beside it
        place = f"lab/workspaces/{Path(path).stem}/tree/{path}"
        page.goto(f"{self.address}{place}?reset&token={self.token}")
        notebook = Notebook(page)
        notebook.ready()
        return notebook

    def run(self, *command: str) -> str:
        """The output of a command that runs beside JupyterLab, with the same AWS."""
        script = 'eval "$(local-aws env)"; exec "$@"'
        done = subprocess.run(
            ["sh", "-c", script, "sh", *command], env=self.environment, cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def end_kernels(self) -> None:
        """Shut down all kernels: closing JupyterLab's tabs does not."""
        for session in self._ask("GET", "api/sessions"):
            self._ask("DELETE", f"api/sessions/{session['id']}")

    def _ask(self, method: str, path: str) -> Any:
        request = urllib.request.Request(
            self.address + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")


@dataclass(frozen=True)
class Picture:
    """An image in a notebook: its alt text, its width (0 where it could not be loaded), and whether a cell made it."""

    alt: str
    width: int
    output: bool


class Notebook:
    """The notebook that a page shows."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def ready(self) -> None:
        """Wait until its text is there and its kernel waits for work."""
        self.panel.locator(".jp-Toolbar-kernelName", has_text="Python 3").wait_for()
        self.panel.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=STARTED * 1000)
        self._drawn()

    def run_all(self) -> None:
        """Run every cell to its end."""
        self.start_all()
        self.wait()

    def start_all(self) -> None:
        """Run → Run All Cells."""
        self.page.click("#jp-MainMenu >> text=Run")
        self.page.click('.lm-Menu-item[data-command="runmenu:run-all"]')
        self.panel.locator(".jp-InputPrompt", has_text="*").first.wait_for()

    def wait(self) -> None:
        """Wait until no cell is waiting or running."""
        self.page.wait_for_function(
            DONE, timeout=RAN, polling=250
        )  # milliseconds; otherwise each frame is asked, and drawn
        self._drawn()

    @property
    def errors(self) -> list[str]:
        """The errors of the cells, without those of cells that are tagged to raise."""
        return [f"{error['ename']}: {error['evalue']}" for error in self.page.evaluate(ERRORS)]

    @property
    def trusted(self) -> bool:
        """Whether JupyterLab trusts its outputs, as it does those of the learner's own runs."""
        return bool(self.page.evaluate(TRUSTED))

    @property
    def pictures(self) -> list[Picture]:
        """The images in the notebook, from the top."""
        return [Picture(**found) for found in self.panel.locator(".jp-Notebook img").evaluate_all(PICTURES)]

    @property
    def overflowing(self) -> list[str]:
        """The texts that are wider than their place, so that they are cut off or must be scrolled sideways."""
        places = ".jp-OutputArea-output, .jp-RenderedMarkdown, .jp-InputArea .cm-scroller"
        texts: list[str] = self.panel.locator(places).evaluate_all(OVERFLOWING)
        return texts

    @property
    def headings(self) -> list[int]:
        """The level of each heading, from the top."""
        tags = self.panel.locator(".jp-Notebook").locator("h1, h2, h3, h4, h5, h6")
        return [int(tag[1]) for tag in tags.evaluate_all("all => all.map(one => one.tagName)")]

    def output(self, cell: int) -> Locator:
        """The outputs of the n-th code cell, counted from 0."""
        return self.panel.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea")

    def theme(self, name: str) -> None:
        """``JupyterLab Dark`` or ``JupyterLab Light``."""
        self.page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        self.page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=name)
        self._drawn()

    def shoot(self, name: str) -> Path:
        """Keep a picture of the first screen."""
        self.panel.locator(".jp-WindowedPanel-outer").evaluate("outer => { outer.scrollTop = 0; }")
        self.page.mouse.move(0, 0)
        return _kept(self.page, name)

    def shoot_pictures(self, name: str) -> list[Path]:
        """Keep each image as it is shown, numbered from 1."""
        images = self.panel.locator(".jp-Notebook img").all()
        return [_kept(image, f"{name}-picture-{number}") for number, image in enumerate(images, start=1)]

    def _drawn(self) -> None:
        """Wait until everything is there to be looked at."""
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")
        self.page.wait_for_function(RENDERED, polling=100)


def _kept(what: Page | Locator, name: str) -> Path:
    path = SCREENSHOTS / f"{name}.png"
    what.screenshot(path=path)
    return path


ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code' && !cell.model.getMetadata('tags')?.includes('raises-exception'))
    .flatMap(cell => cell.model.toJSON().outputs)
    .filter(output => output.output_type === 'error')"""

TRUSTED = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .every(cell => cell.model.type !== 'code' || cell.model.trusted)"""

PICTURES = """all => all.map(one => ({
    alt: one.alt, width: one.naturalWidth, output: one.closest('.jp-OutputArea') !== null
}))"""

OVERFLOWING = """all => all.flatMap(one => [one, ...one.querySelectorAll('pre, table, div, img, svg')])
    .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
    .map(one => one.tagName + ' ' + one.className + ' ' + one.textContent.trim().slice(0, 200))"""

DONE = """() => {
    const shown = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
    const prompts = [...shown.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(prompt => prompt.textContent);
    return prompts.some(text => /\\d/.test(text)) && !prompts.some(text => text.includes('*'));
}"""

RENDERED = """() => {
    const shown = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)');
    const texts = [...shown.querySelectorAll('.jp-MarkdownCell')];
    return texts.every(cell => cell.querySelector('.jp-RenderedMarkdown')?.offsetHeight)
        && [...shown.querySelectorAll('img')].every(image => image.complete);
}"""


@contextmanager
def start(folder: Path, port: int) -> Iterator[Lab]:
    """Start it in a new folder, with an embedded AWS of its own on that port, and end both."""
    project = folder / "project"
    shutil.copytree(REPOSITORY, project, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (project / "node_modules").symlink_to((REPOSITORY / "node_modules").resolve())
    for plugin, settings in SETTINGS.items():
        file = folder / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    own = {
        "LOCAL_AWS_HOME": str(folder / "local-aws"),
        "LOCAL_AWS_PORT": str(port),
        "WALKTHROUGH_CLOUD": "local",
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),  # which notebooks are trusted
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
        "NPM_CONFIG_LOGLEVEL": "error",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "TQDM_DISABLE")} | own
    arguments = ("--no-browser", "--ServerApp.port=0", "--allow-root", "--LabApp.expose_app_in_browser=True")
    log = folder / "log"
    with log.open("w") as out:
        lab = subprocess.Popen(
            [sys.executable, project / "tools" / "lab.py", *arguments], env=environment, stdout=out, stderr=out
        )
        try:
            yield Lab(project, environment, *_address(folder / "runtime", lab, log))
        finally:
            lab.send_signal(signal.SIGTERM)
            lab.wait(120)


def _address(runtime: Path, lab: "subprocess.Popen[bytes]", log: Path) -> tuple[str, str]:
    """The address where it listens and its token, as soon as it has written them to its file."""
    deadline = time.monotonic() + STARTED
    while lab.poll() is None and time.monotonic() < deadline:
        for file in runtime.glob("jpserver-*.json"):
            if re.search(r"}\s*$", text := file.read_text()):
                server = json.loads(text)
                return server["url"], server["token"]
        time.sleep(0.05)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()}")
