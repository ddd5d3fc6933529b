"""tools/setup.sh decides what there is to do. A stand-in for Python makes its decisions visible in milliseconds: it
answers questions truly, but for its version, and writes down what it is asked to install."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

STAND_IN = """#!/bin/sh
case "$1 $2" in
"-c "*) exec "{real}" -c 'import sys
sys._base_executable = sys.argv.pop(1)
sys.version_info = {version}
exec(sys.argv.pop(1))' "$0" "$2" ;;
"-m venv")
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python
    printf '#!%s/.venv/bin/python\\n' "$(pwd -P)" >.venv/bin/pip
    printf '#!/bin/sh\\necho npm "$@" >>calls; mkdir -p node_modules\\n' >.venv/bin/npm
    printf '#!/bin/sh\\necho v24.0.0\\n' >.venv/bin/node
    chmod +x .venv/bin/* ;;
esac
echo "$@" >>calls
"""

USED = ["cat", "chmod", "cksum", "cp", "date", "dirname", "grep", "head", "make", "mkdir", "mktemp", "rm", "sed", "sh"]
VENV = "-m venv .venv"
PIP = "-m pip --disable-pip-version-check --no-input install"
PACKAGES = f"{PIP} --require-hashes --progress-bar off -r requirements.txt"
PROJECT = f"{PIP} --no-deps --no-build-isolation --editable ."
NODE = "npm ci --ignore-scripts"


class Clone:
    """A folder as git clone makes it, as far as set-up looks at it, and a PATH of its own."""

    def __init__(self, root: Path, commands: Path) -> None:
        self.root = root
        self.commands = commands
        root.mkdir()
        commands.mkdir()
        for name in ["Makefile", "pyproject.toml", "requirements.txt", "package.json", "package-lock.json"]:
            shutil.copy(REPOSITORY / name, root)
        shutil.copytree(REPOSITORY / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
        for name in USED:
            path = shutil.which(name)
            assert path is not None
            (self.commands / name).symlink_to(path)

    def command(self, name: str, text: str) -> Path:
        path = self.commands / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def python(self, name: str, version: tuple[int, int, int] = (3, 11, 7)) -> Path:
        return self.command(name, STAND_IN.format(real=sys.executable, version=version))

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", "setup", *arguments],
            cwd=self.root,
            env={"PATH": str(self.commands)},
            text=True,
            capture_output=True,
            check=False,
            timeout=300,
        )

    def calls(self) -> list[str]:
        """What has been asked of the stand-ins since the last time."""
        path = self.root / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone of it", tmp_path / "commands")


def complaint(result: subprocess.CompletedProcess[str]) -> str:
    """What a failed set-up says, without make's own closing line."""
    assert result.returncode != 0
    lines = result.stderr.splitlines()
    assert lines[-1].startswith("make: ***")
    return "\n".join(lines[:-1])


def test_first_set_up(clone: Clone) -> None:
    """In a fresh clone, set-up makes the venv, and installs what is pinned, the project and the npm tools."""
    clone.python("python3")
    result = clone.setup()
    assert result.returncode == 0, result.stderr
    assert [VENV, PACKAGES, PROJECT, NODE] == clone.calls()
    assert 4 == len(result.stdout.splitlines())


def test_kernels_are_told(clone: Clone) -> None:
    """In .venv stands what its kernels do before the first cell, and a change of it is taken over."""
    clone.python("python3")
    clone.setup()
    written, kept = (clone.root / place / "ipython_kernel_config.py" for place in ("tools", ".venv/etc/ipython"))
    assert written.read_text() == kept.read_text()
    written.write_text("# other\n")
    clone.setup()
    assert "# other\n" == kept.read_text()


def test_second_set_up(clone: Clone) -> None:
    """A second set-up does nothing and says so, even when all files have new times."""
    clone.python("python3")
    clone.setup()
    clone.calls()
    for path in clone.root.iterdir():
        os.utime(path)
    assert clone.setup().stdout == "Set up already: .venv, node_modules\n"
    assert clone.calls() == []


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("requirements.txt", [PACKAGES, PROJECT]),
        ("pyproject.toml", [PROJECT]),
        ("package-lock.json", [NODE]),
    ],
)
def test_change_is_noticed(clone: Clone, file: str, expected: list[str]) -> None:
    """A file that changed, be it to an older time, brings up to date what depends on it and no more."""
    clone.python("python3")
    clone.setup()
    clone.calls()
    with (clone.root / file).open("a") as changed:
        changed.write("\n")
    os.utime(clone.root / file, (0, 0))
    clone.setup()
    assert expected == clone.calls()


def test_missing_node_modules(clone: Clone) -> None:
    """node_modules that somebody removed come back."""
    clone.python("python3")
    clone.setup()
    clone.calls()
    shutil.rmtree(clone.root / "node_modules")
    clone.setup()
    assert [NODE] == clone.calls()


def test_moved_folder(clone: Clone) -> None:
    """A venv moved with its folder is made anew, since its scripts name the folder that it was made in."""
    clone.python("python3")
    clone.setup()
    clone.calls()
    clone.root = clone.root.rename(clone.root.with_name("moved"))
    assert "Removing .venv" in clone.setup().stdout
    assert [VENV, PACKAGES, PROJECT] == clone.calls()


def test_interrupted_set_up(clone: Clone) -> None:
    """A step that failed shows its output and its command, and the next set-up goes on from there."""
    clone.python("python3")
    clone.setup()
    shutil.rmtree(clone.root / "node_modules")
    npm = clone.root / ".venv" / "bin" / "npm"
    working = npm.read_text()
    npm.write_text("#!/bin/sh\necho the network is away; exit 3\n")
    expected = (
        "the network is away\n"
        "That was: .venv/bin/npm ci --ignore-scripts (exit status 3). "
        "Once it is mended, run make setup again: it goes on from here."
    )
    assert expected == complaint(clone.setup())
    clone.calls()
    npm.write_text(working)
    assert clone.setup().returncode == 0
    assert [NODE] == clone.calls()


def test_old_python(clone: Clone) -> None:
    """Where only an old Python is found, one line says what was found, what is needed and what to do."""
    clone.python("python3", (3, 9, 18))
    line = complaint(clone.setup())
    assert line.startswith("Python 3.9.18 (")
    assert line.endswith(
        " is too old: Python 3.11 or newer is needed. Install one, or name one: make setup PYTHON=/path/to/python3"
    )
    assert "\n" not in line
    assert clone.calls() == []


def test_newer_python_beside_an_old_one(clone: Clone) -> None:
    """An old python3 is passed over for a newer one under its own name."""
    clone.python("python3", (3, 9, 18))
    clone.python("python3.12", (3, 12, 1))
    assert "Making .venv with Python 3.12.1" in clone.setup().stdout


def test_shim_that_does_not_run(clone: Clone) -> None:
    """A command that is there but does not run, such as a pyenv shim of a version not chosen, is passed over."""
    for name in ["python3", "python3.13"]:
        clone.command(name, "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
    clone.python("python3.11")
    result = clone.setup()
    assert result.returncode == 0, result.stderr
    assert "Making .venv with Python 3.11.7" in result.stdout


def test_no_python(clone: Clone) -> None:
    """Where there is no Python, one line says so."""
    expected = (
        "No Python was found on PATH: Python 3.11 or newer is needed. "
        "Install one, or name one: make setup PYTHON=/path/to/python3"
    )
    assert expected == complaint(clone.setup())


def test_named_python_that_does_not_run(clone: Clone) -> None:
    """A PYTHON that does not run is named, and no other is taken in its stead."""
    clone.python("python3")
    expected = "PYTHON=python3.13 does not run: Python 3.11 or newer is needed. Name one that runs, or leave PYTHON out"
    assert expected == complaint(clone.setup("PYTHON=python3.13"))


def test_python_without_venv(clone: Clone) -> None:
    """A Python that cannot make virtual environments, as Debian ships it, is told apart from an old one."""
    text = STAND_IN.format(real=sys.executable, version=(3, 11, 7))
    clone.command("python3", text.replace("import sys\n", 'import sys\nsys.modules["ensurepip"] = None\n'))
    line = complaint(clone.setup())
    assert "cannot make virtual environments: install its venv package" in line
    assert "\n" not in line


def test_set_up_of_this_repository() -> None:
    """Where `make setup` made this environment, it finds nothing more to do."""
    if not (REPOSITORY / ".venv" / "requirements.stamp").exists():
        pytest.skip("this environment was not made by `make setup`")
    result = subprocess.run(
        ["make", "--no-print-directory", "setup"], cwd=REPOSITORY, text=True, capture_output=True, check=False
    )
    assert result.stdout == "Set up already: .venv, node_modules\n"
