"""`make house`: the picture and the table of who imports whom."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURE = "docs/images/house.svg"
PAGE = "docs/architecture.md"
SVG = "{http://www.w3.org/2000/svg}"


def draw(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it on the tree below a folder."""
    command = [sys.executable, str(root / "tools" / "house.py"), *arguments]
    return subprocess.run(command, cwd=root, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two houses of two floors each."""
    for name, text in {
        "src/walkthrough/__init__.py": '"""The toolkit."""\n',
        "src/walkthrough/checks.py": '"""Checks, one a line: and more."""\nfrom walkthrough import wait\n',
        "src/walkthrough/wait.py": '"""Waits. For all."""\n',
        "src/local_aws/__init__.py": '"""An AWS."""\n',
        "src/local_aws/cli.py": '"""The command."""\nfrom local_aws.net.http import parser\n',
        "src/local_aws/net/__init__.py": '"""Bytes & sockets."""\n',
        "src/local_aws/net/http/__init__.py": '"""HTTP."""\n',
        "src/local_aws/net/http/parser.py": '"""Bytes in, requests out."""\n',
        "pyproject.toml": '[[tool.importlinter.contracts]]\ncontainers = ["walkthrough"]\nlayers = ["checks", "wait"]\n'
        '[[tool.importlinter.contracts]]\ncontainers = ["local_aws"]\nlayers = ["cli", "(later) | net"]\n',
        PAGE: "# Page\n\n| room | imports |\n| --- | --- |\n\nThe end.\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / PICTURE).parent.mkdir()
    (tmp_path / "tools").mkdir()
    shutil.copy(REPOSITORY / "tools" / "house.py", tmp_path / "tools")
    return tmp_path


def test_the_picture_is_what_the_imports_are() -> None:
    """The picture and the table of this tree are up to date."""
    done = draw(REPOSITORY, "--check")
    assert done.returncode == 0, done.stdout


def test_rooms_and_arrows(tree: Path) -> None:
    """Each room is there with what its docstring begins with, and an arrow where one imports another."""
    assert draw(tree).returncode == 0
    picture = ElementTree.parse(tree / PICTURE).getroot()
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    for text in ("checks", "Checks, one a line", "wait", "Waits", "cli", "net/", "Bytes & sockets", "1 module", "http"):
        assert text in texts
    titles = [
        path.findtext(f"{SVG}title") for path in picture.iter(f"{SVG}path") if path.find(f"{SVG}title") is not None
    ]
    assert titles == ["checks imports wait", "cli imports net"]


def test_the_table(tree: Path) -> None:
    """The table of the page is written anew, and nothing around it."""
    assert draw(tree).returncode == 0
    assert (tree / PAGE).read_text() == (
        "# Page\n\n| room | imports |\n| --- | --- |\n"
        "| `local_aws.cli` | `net` |\n| `local_aws.net` | nothing of ours |\n"
        "| `walkthrough.checks` | `wait` |\n| `walkthrough.wait` | nothing of ours |\n\nThe end.\n"
    )


def test_a_changed_import_is_noticed(tree: Path) -> None:
    """``--check`` says which file is out of date, and changes none."""
    draw(tree)
    assert draw(tree, "--check").returncode == 0
    before = (tree / PICTURE).read_bytes()
    (tree / "src/local_aws/cli.py").write_text('"""The command."""\n')
    done = draw(tree, "--check")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{file} is not what the imports of src/ are: run make house" for file in (PICTURE, PAGE)
    ]
    assert before == (tree / PICTURE).read_bytes()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("src/local_aws/new.py", "local_aws.new has no floor: give it one in [tool.importlinter] of pyproject.toml."),
        ("src/walkthrough/wait.py", "walkthrough.wait imports walkthrough.checks: see python tools/import_rules.py."),
    ],
)
def test_what_cannot_be_drawn(tree: Path, file: str, expected: str) -> None:
    """A room without a floor, or an import that goes up, is named, and nothing is drawn."""
    (tree / file).write_text('"""New."""\nimport walkthrough.checks\n')
    done = draw(tree)
    assert done.returncode == 1
    assert expected in done.stdout.splitlines()
    assert not (tree / PICTURE).exists()


def test_no_text_is_wider_than_its_room() -> None:
    """Each line has room for its characters at the width of the widest usual type, and lies within the page."""
    picture = ElementTree.parse(REPOSITORY / PICTURE).getroot()
    boxes = [
        tuple(float(box.get(key, 0)) for key in ("x", "y", "width", "height"))
        for box in picture.iter(f"{SVG}rect")
        if box.get("class") in ("folder", "module")
    ]
    assert len(boxes) > 30
    wide = {"caption": 7.0, "inside": 7.3, "name": 9.1, "popularity": 7.0}
    for text in picture.iter(f"{SVG}text"):
        kind = text.get("class", "")
        x, y, words = float(text.get("x", 0)), float(text.get("y", 0)), text.text or ""
        around = [box for box in boxes if box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]]
        if kind in wide and around:
            [(left, top, width, height)] = around
            assert x + len(words) * wide[kind] <= left + width, words
            assert y + 4 <= top + height, words
    page = re.findall(r"[\d.]+", picture.get("viewBox", ""))
    assert max(left + width for left, _, width, _ in boxes) <= float(page[2])
