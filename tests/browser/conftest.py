"""A real Chromium, the one that the system has, and an embedded AWS in a process of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local_aws.daemon.state import State

from .lab import Lab, start

expect.set_options(timeout=60_000)  # milliseconds: a cold start on a busy machine

EVIL = "evil.example"
"""A name of somebody else's that leads to this machine, as after DNS rebinding."""

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",  # which root and containers cannot have
    "--disable-gpu",
    # it asks nobody for anything of its own
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # newer releases themselves keep pages of the internet from this machine, but older ones do not
    "--disable-features=LocalNetworkAccessChecks",
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
)


def executable() -> str | None:
    """The path of Chromium or Chrome, None if neither is installed."""
    found = filter(None, map(shutil.which, COMMANDS))
    return next(found, None) or next(filter(os.path.exists, APPLICATIONS), None)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests here, but not longer: while it is open, its thread cannot run another asyncio loop."""
    path = executable()
    if path is None:
        how = "a real browser is wanted here: install Chromium (Debian: apt-get install chromium) or Chrome"
        if os.environ.get("CI"):
            pytest.fail(how)
        pytest.skip(how)
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=ARGUMENTS) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that shares nothing with the other tests' pages."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture
def eventually(page: Page) -> Callable[[Callable[[], object]], None]:
    """Waits until a condition holds, while the page goes on; fails the test when it does not within a minute."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true within 60 s"
            page.wait_for_timeout(20)

    return wait


@pytest.fixture(scope="package")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """One embedded AWS for all tests here."""
    home = str(tmp_path_factory.mktemp("local-aws"))
    own = {**os.environ, "LOCAL_AWS_HOME": home}
    tool = str(Path(sys.executable).with_name("local-aws"))
    up = subprocess.run([tool, "up", "--detach", "--port", "0"], env=own, capture_output=True, text=True, check=True)
    port = up.stdout.split("http://127.0.0.1:")[1].split()[0]
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LOCAL_AWS_HOME", home)
            state = State.read(int(port))
            assert state is not None
            yield state
    finally:
        subprocess.run([tool, "down", "--port", port], env=own, capture_output=True, check=True)


@pytest.fixture(scope="package")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory, new_port: Callable[[], int]) -> Iterator[Lab]:
    """One JupyterLab for all tests here; without a browser there is none."""
    with start(tmp_path_factory.mktemp("lab"), new_port()) as lab:
        yield lab


@pytest.fixture(scope="module")
def tab(browser: Browser, lab: Lab) -> Iterator[Page]:
    """A page of the size of a small laptop's screen for one module's notebooks, whose kernels end with it."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        yield context.new_page()
    lab.end_kernels()
