"""Who imports whom in src/, by the rules in pyproject.toml, on this tree and on one that breaks them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

BROKEN = {
    # file: what it holds beyond what it had
    "walkthrough/wait.py": "import local_aws.cli\n",
    "walkthrough/labels.py": "import moto.core\n",
    "local_aws/leftover.py": '"""A file without a floor."""\n',
    "local_aws/net/proxy.py": "import local_aws.gateway\n",
    "local_aws/gateway/config/settings.py": "import asyncio\n",
    "local_aws/gateway/server.py": "from local_aws.control_plane import ControlPlane\n",
    "local_aws/server/router.py": "import local_aws.gateway.limits\n",
    "local_aws/functions/sandbox/inside/boot.py": "import local_aws.functions.sandbox.inside.forker\n",
    "local_aws/functions/concurrency.py": "def late():\n    import sqlite3\n",
    "local_aws/net/http/messages.py": "def late():\n    import local_aws.net.http.parser\n",
    "local_aws/iam/guard.py": "import local_aws.iam\n",
}


def check(root: Path) -> subprocess.CompletedProcess[str]:
    """What the rules say of the tree below a folder."""
    command = [sys.executable, str(root / "tools" / "import_rules.py")]
    return subprocess.run(command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of a copy of this tree in which each of the rules is broken, by the rule's name."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    (root / "tools").mkdir()
    shutil.copy(REPOSITORY / "tools" / "import_rules.py", root / "tools")
    for file, lines in BROKEN.items():
        with (root / "src" / file).open("a", encoding="utf-8") as module:
            module.write(lines)
    done = check(root)
    assert done.returncode == 1, done.stdout
    parts = re.split(r"^(\S.*)\n-{5,}\n", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_rules_are_kept() -> None:
    """Every import of src/ is one that the rules allow, and there is no circle."""
    done = check(REPOSITORY)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("rule", "importer", "imported"),
    [
        ("The course knows AWS's APIs", "walkthrough/wait.py", "src/local_aws/cli.py"),
        ("Only control_plane knows moto", "walkthrough/labels.py", "moto"),
        (
            "A room of local_aws imports rooms on lower floors",
            "local_aws/net/proxy.py",
            "src/local_aws/gateway/__init__.py",
        ),
        ("The core of the gateway is pure", "local_aws/gateway/config/settings.py", "asyncio"),
        (
            "The data planes and the control plane",
            "local_aws/gateway/server.py",
            "src/local_aws/control_plane/__init__.py",
        ),
        ("Outside gateway, only the names", "local_aws/server/router.py", "src/local_aws/gateway/limits.py"),
        (
            "What runs in a sandbox's own process",
            "local_aws/functions/sandbox/inside/boot.py",
            "src/local_aws/functions/sandbox/inside/forker.py",
        ),
        ("An import inside a function is listed", "local_aws/functions/concurrency.py", "sqlite3"),
        (
            "No module and no room imports itself in a circle",
            "local_aws/net/http/messages.py",
            "src/local_aws/net/http/parser.py",
        ),
        ("No module and no room imports itself in a circle", "local_aws/iam/guard.py", "src/local_aws/iam/__init__.py"),
    ],
)
def test_what_breaks_a_rule_is_named(broken: dict[str, str], rule: str, importer: str, imported: str) -> None:
    """The rule is named, and below it the file and the line that break it, and the file that was not to be imported."""
    said = next(text for name, text in broken.items() if name.startswith(rule))
    assert re.search(rf"^- src/{re.escape(importer)}:\d+ imports {re.escape(imported)}$", said, re.MULTILINE), said


def test_a_file_without_a_floor_is_named(broken: dict[str, str]) -> None:
    """A file in the wrong room, which the rules know nothing of, is named."""
    said = next(text for name, text in broken.items() if name.startswith("A room of local_aws"))
    assert "- src/local_aws/leftover.py\n" in said


def test_a_late_import_that_is_gone_is_named(tmp_path: Path) -> None:
    """An entry of the list of late imports that nothing needs any more is named."""
    shutil.copytree(REPOSITORY / "src" / "walkthrough", tmp_path / "src" / "walkthrough")
    (tmp_path / "src" / "walkthrough" / "progress.py").write_text('"""No bar."""\n')
    (tmp_path / "tools").mkdir()
    shutil.copy(REPOSITORY / "tools" / "import_rules.py", tmp_path / "tools")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.importlinter]\nroot_packages = ["walkthrough"]\n'
        'contract_types = ["late_imports: tools.import_rules.LateImports"]\n'
        '[[tool.importlinter.contracts]]\nname = "Late"\ntype = "late_imports"\n'
        'allowed = ["walkthrough.progress -> tqdm: brings ipywidgets"]\n'
    )
    assert "- src/walkthrough/progress.py imports tqdm no more, but is listed" in check(tmp_path).stdout
