import json
import os
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text()
MAKEFILE = (REPOSITORY / "Makefile").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LINES = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
DIALOGUE = next(text for language, text in BLOCKS if language == "text")


def words(line: str) -> list[str]:
    """The command and its arguments, without comment and without what is set for it."""
    every = shlex.split(line, comments=True)
    while every and re.match(r"[A-Z_]+=", every[0]):
        every.pop(0)
    return every


def test_two_commands() -> None:
    """The first commands that the README shows are `make lab` and `make test`."""
    assert [["make", "lab"], ["make", "test"]] == [words(line) for line in LINES[:2]]


@pytest.mark.parametrize("line", LINES)
def test_command_exists(line: str) -> None:
    """Each command in the README is one that a set-up checkout has."""
    command, *arguments = words(line)
    if command == "make":
        for argument in arguments:
            name, sets, _ = argument.partition("=")
            assert re.search(rf"\$\({name}\)" if sets else rf"^{name}:", MAKEFILE, re.MULTILINE)
    elif command == "npx":
        assert arguments[0] in json.loads((REPOSITORY / "package.json").read_text())["devDependencies"]
    elif command == ".":
        assert [".venv/bin/activate"] == arguments
    elif command == "eval":
        assert re.fullmatch(r"\$\(local-aws \w+\)", arguments[0])
    else:
        assert command in ("local-aws", "pytest")
        assert shutil.which(command)


def test_local_aws_commands() -> None:
    """The table of local-aws's commands has each that the program has, with the options that it takes."""

    def usage(*arguments: str) -> str:
        command = ["local-aws", *arguments, "--help"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    table = dict(re.findall(r"^\| `local-aws (\w+)(.*?)` \|", README, re.MULTILINE))
    assert re.findall(r"^    (\w+) ", usage(), re.MULTILINE) == list(table)
    for name, options in table.items():
        taken = set(re.findall(r"--[a-z]+", usage(name))) - {"--help", "--port"}
        assert set(re.findall(r"--[a-z]+", options)) == taken


@pytest.mark.parametrize("path", re.findall(r"`([\w./-]+/)`", README.partition("## What is where")[2]))
def test_folder(path: str) -> None:
    """Each folder in the layout exists."""
    assert (REPOSITORY / path).is_dir()


def test_picture() -> None:
    """The README's picture has a title and a description, and holds the README's dialogue."""
    picture = ET.parse(REPOSITORY / "docs" / "images" / "who-holds-the-connection.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    labels = {element.get("id"): element.tag for element in picture[:2]}
    assert {"title": f"{svg}title", "desc": f"{svg}desc"} == labels
    assert "title desc" == picture.get("aria-labelledby")
    drawn = {"".join(text.itertext()) for text in picture.iter(f"{svg}text")}
    assert set(DIALOGUE.splitlines()) <= drawn


def test_what_the_readme_says_runs(tmp_path: Path, new_port: Callable[[], int]) -> None:
    """Its shell and Python blocks for a terminal, typed one after the other, hold the dialogue and clean up."""
    section = README.partition("### Deploy and connect by yourself")[2].partition("### ")[0]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["sh", "python", "sh"]
    script = ["set -e"]
    for language, text in blocks:
        script += ["python - <<'END'", text + "END"] if language == "python" else text.splitlines()
    # the environment is the one that runs this: a test makes or changes none in this folder
    typed = [line for line in script if line not in ("make setup", ". .venv/bin/activate")]
    port = new_port()
    environment = {**os.environ, "LOCAL_AWS_HOME": str(tmp_path), "LOCAL_AWS_PORT": str(port)}
    try:
        done = subprocess.run(
            ["sh", "-c", "\n".join(typed)], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300
        )
    finally:
        subprocess.run(["local-aws", "down"], env=environment, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert DIALOGUE.splitlines()[1].removeprefix("< ") in done.stdout
    assert f"The embedded AWS on port {port} has stopped." in done.stdout
