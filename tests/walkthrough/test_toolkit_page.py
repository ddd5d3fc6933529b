"""docs/toolkit.md is one program: it is typed from top to bottom, and it names each part of the toolkit."""

import os
import pkgutil
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import walkthrough

PROJECT = Path(__file__).parents[2]
LOCAL_AWS = Path(sys.executable).with_name("local-aws")
PAGE = (PROJECT / "docs" / "toolkit.md").read_text(encoding="utf-8")

INSIDE = {"errors", "layout"}
"""What has nothing to offer to somebody outside: the class of errors, and where the boxes of a graph go."""

TYPE = """
import doctest, re, sys
import matplotlib
matplotlib.use("agg")
page = sys.stdin.read()
program = "\\n".join(re.findall(r"^```pycon\\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
test = doctest.DocTestParser().get_doctest(program, {}, "toolkit.md", "toolkit.md", 0)
failed, tried = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
assert tried > 40, tried
sys.exit(failed)
"""


def test_the_page_is_a_program(tmp_path: Path) -> None:
    """Typed into Python, each line of it gives what stands below it."""
    shutil.copytree(PROJECT / "lambda", tmp_path / "lambda", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "serverless.yml", tmp_path)
    (tmp_path / "node_modules").symlink_to(PROJECT / "node_modules")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "WALKTHROUGH_"))}
    own = {**outer, "LOCAL_AWS_HOME": str(tmp_path / "home"), "LOCAL_AWS_PORT": port, "TQDM_DISABLE": "1"}
    try:
        typed = subprocess.run(
            [sys.executable, "-c", TYPE], cwd=tmp_path, env=own, input=PAGE, capture_output=True, text=True, timeout=120
        )
    finally:
        subprocess.run([LOCAL_AWS, "down"], env=own, capture_output=True)
    assert 0 == typed.returncode, typed.stdout + typed.stderr


def test_each_part_is_named() -> None:
    """No part of the toolkit is missing on the page."""
    parts = {module.name for module in pkgutil.iter_modules(walkthrough.__path__)} - INSIDE
    assert [] == sorted(part for part in parts if not re.search(rf"`{part}\b", PAGE))
