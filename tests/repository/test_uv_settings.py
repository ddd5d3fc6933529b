"""What pip was told, said to uv by tools/uv_settings.py; the last test asks the real pip."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TRANSLATOR = REPOSITORY / "tools" / "uv_settings.py"
NOTHING = {"UV_INDEX_STRATEGY": "unsafe-best-match"}


def translated(listing: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TRANSLATOR)],
        cwd=REPOSITORY,
        input=listing,
        env=environment,
        text=True,
        capture_output=True,
    )


def told(listing: str, **environment: str) -> dict[str, str]:
    """What a shell has of uv's and the network's after it has evaluated the lines, but for what it had before."""
    lines = translated(listing, **environment).stdout
    names = "UV_ SSL_ http HTTP all_ ALL_ no_ NO_ uv_"
    script = 'eval "$1"; export uv_options; "$2" -c "import os; print(ascii(dict(os.environ)))"'
    shell = subprocess.run(
        ["sh", "-c", script, "sh", lines, sys.executable], env=environment, text=True, capture_output=True, check=True
    )
    values: dict[str, str] = ast.literal_eval(shell.stdout)
    found = {name: value for name, value in values.items() if name.startswith(tuple(names.split())) and value}
    return {name: value for name, value in found.items() if environment.get(name) != value}


@pytest.mark.parametrize(
    ("listing", "expected"),
    [
        ("", {}),
        (
            "global.index-url='https://me:it%27s@a.example/simple'",
            {"UV_DEFAULT_INDEX": "https://me:it%27s@a.example/simple"},
        ),
        (
            "global.extra-index-url='\\nhttps://a.example\\nhttps://b.example'",
            {"UV_INDEX": "https://a.example https://b.example"},
        ),
        ("global.find-links='/ /nowhere/at/all https://a.example'", {"UV_FIND_LINKS": "/,https://a.example"}),
        ("install.no-index='true'", {"uv_options": "--no-index"}),
        ("install.no-index='false'", {}),
        ("global.cert='/ca.pem'", {"SSL_CERT_FILE": "/ca.pem"}),
        ("global.cert='/'", {"SSL_CERT_DIR": "/"}),
        ("global.client-cert='/me.pem'", {"SSL_CLIENT_CERT": "/me.pem"}),
        ("global.trusted-host='a.example\\nb.example:8080'", {"UV_INSECURE_HOST": "a.example b.example:8080"}),
        ("global.timeout='2.5'", {"UV_HTTP_TIMEOUT": "3"}),
        (":env:.default-timeout='60'", {"UV_HTTP_TIMEOUT": "60"}),
        ("global.only-binary=':all:'", {"uv_options": "--only-binary=:all:"}),
        ("global.no-cache-dir='true'", {"UV_NO_CACHE": "true"}),
        ("global.cache-dir='/scratch'", {"UV_CACHE_DIR": "/scratch/uv"}),
        ("global.disable-pip-version-check='1'\nglobal.user='true'", {}),
        ("freeze.timeout='10'\ndownload.target='x'", {}),
        ("global.timeout='10'\ninstall.timeout='20'\n:env:.timeout='30'", {"UV_HTTP_TIMEOUT": "30"}),
    ],
)
def test_setting(listing: str, expected: dict[str, str]) -> None:
    """Each setting of pip has its counterpart."""
    assert NOTHING | expected == told(listing)


def test_proxy() -> None:
    """pip's proxy holds for all hosts, whatever the environment says of proxies."""
    names = ["http_proxy", "https_proxy", "all_proxy"]
    expected = dict.fromkeys([*names, *map(str.upper, names)], "http://me@proxy.example:3128")
    assert NOTHING | expected == told("global.proxy='me@proxy.example:3128'", NO_PROXY="*", https_proxy="http://other")


def test_their_own_uv_settings_hold() -> None:
    """Where a person has told uv something, pip's word for it does not replace it."""
    theirs = {"UV_INDEX_URL": "https://mine", "UV_INDEX_STRATEGY": "first-index", "UV_HTTP_TIMEOUT": "1"}
    theirs |= {"UV_SYSTEM_CERTS": "true", "UV_CACHE_DIR": "/mine"}
    listing = "global.index-url='https://a'\nglobal.timeout='9'\nglobal.cert='/ca.pem'\nglobal.no-cache-dir='true'"
    assert {} == told(listing, **theirs)


def test_certificates_of_the_environment() -> None:
    """Without a setting, uv trusts what pip's HTTP library is told to trust."""
    assert NOTHING | {"SSL_CERT_FILE": "/ca.pem"} == told("", REQUESTS_CA_BUNDLE="/ca.pem")
    assert NOTHING == told("", REQUESTS_CA_BUNDLE="/ca.pem", SSL_CERT_FILE="/mine.pem")


@pytest.mark.parametrize("setting", ["target", "platform", "keyring-provider", "no-such-thing"])
def test_nothing_for_it(setting: str) -> None:
    """A setting that uv has nothing for is named, so that pip does the work."""
    result = translated(f"global.{setting}='import'\n")
    assert (1, f"pip is set to {setting}, for which uv has nothing\n") == (result.returncode, result.stderr)


def test_constraints(tmp_path: Path) -> None:
    """uv takes no range beside hashes: a constraint on other packages is left out, one on ours is left to pip."""
    file = tmp_path / "constraints.txt"
    file.write_text("# ours is not there\ntorch<=2.14\n")
    assert NOTHING == told(f"global.constraint='{file}'")
    file.write_text("Jupyter_Client<9\n")
    assert 1 == translated(f"global.constraint='{file}'").returncode


def test_pip_lists_what_it_was_told(tmp_path: Path) -> None:
    """The real pip's list holds its file and its variables, and is understood."""
    (tmp_path / "pip.conf").write_text("[global]\nextra-index-url =\n    https://a.example\n    https://b.example\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))}
    environment |= {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PIP_TIMEOUT": "7", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, env=environment, text=True, capture_output=True, check=True).stdout
    expected = {"UV_INDEX": "https://a.example https://b.example", "UV_HTTP_TIMEOUT": "7"}
    assert expected.items() <= told(listing).items()
