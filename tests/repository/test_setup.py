"""tools/setup.sh decides what there is to do. A stand-in for Python makes its decisions visible in milliseconds: it
answers questions truly, but for its version, and writes down what it is asked to install. A last test makes a real
environment, in a folder of its own: none here touches the one of this checkout."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

STAND_IN = """#!/bin/sh
[ "$1" != -S ] || shift
case "$1 $2" in
*extractall*) mkdir -p .venv/lib/python3.11/site-packages/pip; echo unpack pip >>calls; exit ;;
"-c import pip") [ -d .venv/lib/python3.11/site-packages/pip ]; exit ;;
"-c import os, sys; os.setpgid"*) shift 2; exec "$@" ;;
"-c "*) exec "{real}" -c 'import sys
sys._base_executable = sys.argv.pop(1)
sys.version_info = {version}
exec(sys.argv.pop(1))' "$0" "$2" ;;
"tools/uv_settings.py "*) exec "{real}" "$@" ;;
"-m venv")
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python
    printf 'VIRTUAL_ENV="%s/.venv"\\n' "$(pwd -P)" >.venv/bin/activate
    printf '#!/bin/sh\\necho npm "$@" >>calls; mkdir -p node_modules\\n' >.venv/bin/npm
    chmod +x .venv/bin/* ;;
"-m pip")
    shift 4
    [ "$*" != "config list" ] || {{ cat pip-config; exit; }}
    case $* in *tools/uv.txt)
        [ ! -e no-uv ] || {{ echo "ERROR: No matching distribution found for uv"; exit 1; }}
        printf '%s\\n' '#!/bin/sh' \
            '[ "$1" != --version ] || {{ echo uv {uv}; exit; }}' \
            '[ "$1" != cache ] || {{ echo "$PWD/cache"; exit; }}' \
            'shift 4' \
            'case $* in *node.txt) set -- NODE ;; esac' \
            'echo uv "$@" >>calls' \
            'echo "$UV_NO_CACHE|$UV_INDEX" >>told' \
            '[ ! -e uv-fails ] || {{ echo "error: tls is broken"; exit 2; }}' >.venv/bin/uv
        chmod +x .venv/bin/uv ;;
    esac
    set -- pip "$@" ;;
esac
echo "$@" >>calls
"""

USED = [
    "awk",
    "cat",
    "chmod",
    "cksum",
    "cp",
    "cut",
    "date",
    "dirname",
    "env",
    "make",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sed",
    "sh",
    "sleep",
    "tail",
]
UV_VERSION = re.findall(r"^uv==(\S+)", (REPOSITORY / "tools" / "uv.txt").read_text(), re.MULTILINE)[0]
UNPACK = "unpack pip"
FETCH = "pip install --require-hashes --no-deps --only-binary=:all: --no-compile --progress-bar off -r tools/uv.txt"
NODE = "uv NODE"
PACKAGES = "uv --require-hashes -r requirements.txt"
PROJECT = "uv --no-deps --no-build-isolation --editable ."
PIP_PACKAGES = "pip install --progress-bar off --require-hashes -r requirements.txt"
PIP_PROJECT = "pip install --progress-bar off --no-deps --no-build-isolation --editable ."
NPM = "npm ci --ignore-scripts"


def stand_in(version: tuple[int, int, int] = (3, 11, 7)) -> str:
    return STAND_IN.format(real=sys.executable, version=version, uv=UV_VERSION)


class Clone:
    """A folder as git clone makes it, as far as set-up looks at it, and a PATH of its own."""

    def __init__(self, root: Path, commands: Path) -> None:
        self.root = root
        self.commands = commands
        root.mkdir()
        commands.mkdir()
        for name in ["Makefile", "pyproject.toml", "requirements.txt", "package.json", "package-lock.json"]:
            shutil.copy(REPOSITORY / name, root)
        (root / "pip-config").touch()
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
        return self.command(name, stand_in(version))

    def setup(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", "setup", *arguments],
            cwd=self.root,
            env={"PATH": str(self.commands), "HOME": str(self.root.parent)} | environment,
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
    venv, *calls = clone.calls()
    assert f"-m venv --without-pip {clone.root}/.venv" == venv
    # npm works beside uv, so its place is not sure
    assert [UNPACK, FETCH, NODE, PACKAGES, PROJECT] == [call for call in calls if call != NPM]
    assert NPM in calls
    assert 7 == len(result.stdout.splitlines())


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
        ("package-lock.json", [NPM]),
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
    assert [NPM] == clone.calls()


def test_moved_folder(clone: Clone) -> None:
    """A venv moved with its folder is made anew, since its scripts name the folder that it was made in."""
    clone.python("python3")
    clone.setup()
    clone.calls()
    clone.root = clone.root.rename(clone.root.with_name("moved"))
    assert "Removing .venv, since it was made in another folder" in clone.setup().stdout
    assert [UNPACK, FETCH, PACKAGES, PROJECT] == clone.calls()[1:]


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
        "That was: npm ci --ignore-scripts (exit status 3). "
        "Once it is mended, run make setup again: it goes on from here."
    )
    assert expected == complaint(clone.setup())
    clone.calls()
    npm.write_text(working)
    assert clone.setup().returncode == 0
    assert [NPM] == clone.calls()


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
    clone.command("python3", stand_in().replace("import sys\n", 'import sys\nsys.modules["ensurepip"] = None\n'))
    line = complaint(clone.setup())
    assert "cannot make virtual environments: install its venv package" in line
    assert "\n" not in line


def test_platform_without_uv(clone: Clone) -> None:
    """Where there is no uv, a line says so, and pip installs the same."""
    clone.python("python3")
    (clone.root / "no-uv").touch()
    result = clone.setup()
    assert result.returncode == 0, result.stderr
    expected = "There is no uv: ERROR: No matching distribution found for uv. pip installs, which takes minutes longer."
    assert expected in result.stdout.splitlines()
    assert [PIP_PACKAGES, PIP_PROJECT, NPM] == clone.calls()[2:]


def test_uv_that_fails(clone: Clone) -> None:
    """Where uv fails, a line says of what, and pip does what is left."""
    clone.python("python3")
    (clone.root / "uv-fails").touch()
    result = clone.setup()
    assert result.returncode == 0, result.stderr
    assert "uv failed: error: tls is broken. Now pip tries, which takes longer." in result.stdout.splitlines()
    assert [PACKAGES, PIP_PACKAGES, PIP_PROJECT, NPM] == clone.calls()[4:]


def test_setting_of_pip_that_uv_lacks(clone: Clone) -> None:
    """Where pip is set to something that uv has nothing for, a line names it, and pip installs."""
    clone.python("python3")
    (clone.root / "pip-config").write_text("global.target='elsewhere'\n")
    result = clone.setup()
    expected = (
        "uv is not used: pip is set to target, for which uv has nothing. pip installs, which takes minutes longer."
    )
    assert expected in result.stdout.splitlines()
    assert [PIP_PACKAGES, PIP_PROJECT, NPM] == clone.calls()[3:]


def test_what_pip_was_told_reaches_uv(clone: Clone) -> None:
    """uv gets the indexes that pip is set to."""
    clone.python("python3")
    (clone.root / "pip-config").write_text("global.extra-index-url='https://a.example/simple https://b.example'\n")
    assert clone.setup().returncode == 0
    assert {"|https://a.example/simple https://b.example"} == set((clone.root / "told").read_text().splitlines())


def test_cache_that_cannot_be_written(clone: Clone) -> None:
    """Where uv's cache cannot be written, as in a read-only home folder, uv works without."""
    clone.python("python3")
    (clone.root / "cache").touch()
    assert clone.setup().returncode == 0
    assert {"true|"} == set((clone.root / "told").read_text().splitlines())


def test_venv_whose_python_does_not_run(clone: Clone) -> None:
    """A venv is not deleted because its Python does not run: the person is told why, and decides."""
    clone.python("python3")
    clone.setup()
    (clone.root / ".venv" / "bin" / "python").write_text("#!/bin/sh\necho disk is away >&2\nexit 1\n")
    (clone.root / ".venv" / "mine").touch()
    expected = ".venv/bin/python does not run (disk is away). Remove it (rm -rf .venv), then run make setup again."
    assert expected == complaint(clone.setup())
    assert (clone.root / ".venv" / "mine").exists()


def test_venv_that_is_a_link(clone: Clone) -> None:
    """A link to the venv of another folder is left alone, and so is that venv."""
    clone.python("python3")
    clone.setup()
    clone.calls()
    (clone.root / ".venv").rename(clone.root.parent / "elsewhere")
    (clone.root.parent / "elsewhere" / "bin" / "activate").write_text("VIRTUAL_ENV=/elsewhere\n")
    (clone.root / ".venv").symlink_to(clone.root.parent / "elsewhere")
    expected = (
        ".venv is a link to an environment that was made elsewhere, in /elsewhere. "
        "Remove it (rm -rf .venv), then run make setup again."
    )
    assert expected == complaint(clone.setup())
    assert (clone.root / ".venv").is_symlink()
    assert [] == clone.calls()


@pytest.mark.parametrize("other", [(3, 9, 18), (3, 12, 1)])
def test_venv_of_another_python(clone: Clone, other: tuple[int, int, int]) -> None:
    """A venv whose Python is too old is made anew, one of another Python that fits is not."""
    clone.python("python3")
    clone.setup()
    clone.calls()
    (clone.root / ".venv" / "bin" / "python").write_text(stand_in(other))
    result = clone.setup()
    assert result.returncode == 0, result.stderr
    removed = "Removing .venv, since its Python 3.9.18 is too old" in result.stdout
    assert (other == (3, 9, 18)) == removed


def test_another_environment_is_active(clone: Clone) -> None:
    """What another environment set for itself does not reach the Python of this one."""
    clone.python("python3")
    result = clone.setup(PYTHONHOME="/elsewhere", PYTHONPATH="/elsewhere", VIRTUAL_ENV="/elsewhere", LC_ALL="C")
    assert result.returncode == 0, result.stderr
    assert "Making .venv with Python 3.11.7" in result.stdout


def test_real_environment(tmp_path: Path) -> None:
    """In a folder with an umlaut, a blank and a quote, without git, in the C locale, a real venv runs our code.

    Everything that comes from a registry is taken as installed: uv and setuptools are this environment's.
    """
    clone = tmp_path / "Über uns, it's"
    clone.mkdir()
    for name in ["Makefile", "pyproject.toml", "requirements.txt", "package.json", "package-lock.json", "README.md"]:
        shutil.copy(REPOSITORY / name, clone)
    shutil.copy(REPOSITORY / "LICENSE", clone)
    for folder in ["tools", "src"]:
        shutil.copytree(REPOSITORY / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C", "PYTHONHOME": "/elsewhere"}
    python = clone / ".venv" / "bin" / "python"
    made = [getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--without-pip", str(clone / ".venv")]
    subprocess.run(made, check=True)
    packages = next((clone / ".venv" / "lib").glob("python3.*")) / "site-packages"
    installed = Path(sysconfig.get_path("purelib"))
    for entry in [*installed.glob("setuptools*"), *installed.glob("pip*"), installed / "_distutils_hack"]:
        (packages / entry.name).symlink_to(entry)
    (clone / "node_modules").mkdir()
    for stamp, names in [
        (".venv/requirements.stamp", ["requirements.txt"]),
        ("node_modules/.stamp", ["package.json", "package-lock.json"]),
    ]:
        checksum = subprocess.run(["cksum", *names], cwd=clone, capture_output=True, check=True).stdout
        (clone / stamp).write_bytes(checksum)
    (clone / "tools" / "uv.txt").write_text("uv==0\n")  # there is none: pip installs the project
    result = subprocess.run(
        ["make", "--no-print-directory", "setup"], cwd=clone, env=environment, text=True, capture_output=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Removing" not in result.stdout
    del environment["PYTHONHOME"]
    asked = "import importlib.util as u; print(ascii(u.find_spec('local_aws').origin))"
    answer = subprocess.run([python, "-c", asked], env=environment, text=True, capture_output=True, check=True)
    assert ascii(str(clone / "src" / "local_aws" / "__init__.py")) == answer.stdout.strip()
    again = subprocess.run(
        ["make", "--no-print-directory", "setup"], cwd=clone, env=environment, text=True, capture_output=True
    )
    assert "Set up already: .venv, node_modules\n" == again.stdout
