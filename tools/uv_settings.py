"""Tell uv what a person has told pip: index, extra indexes, certificates, proxy and the like.

tools/setup.sh pipes `pip config list` in, which holds pip's files and the PIP_* variables, and evaluates the shell
lines that come out. uv reads nothing of pip's own (its page "Compatibility with pip and pip-tools"), and has no
variable for some settings: those go into `uv_options`. Where pip is set to something that uv has nothing for, the
exit status is 1 and one sentence names it; pip then installs.

Set-up runs this before any package is there, so it needs nothing but Python.
"""

from __future__ import annotations

import ast
import math
import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Sections of `pip config list` that hold for `pip install`; a later one wins.
SECTIONS = ("global", "install", ":env:")
OFF = ("0", "false", "no", "off", "n", "f")

# They change what pip prints or asks, or how it looks for versions, which requirements.txt fixes.
WITHOUT_EFFECT = frozenset(
    [
        "break-system-packages",
        "compile",
        "config-file",
        "debug",
        "disable-pip-version-check",
        "exists-action",
        "format",
        "log",
        "log-file",
        "no-clean",
        "no-color",
        "no-compile",
        "no-input",
        "no-python-version-warning",
        "no-warn-conflicts",
        "no-warn-script-location",
        "pre",
        "prefer-binary",
        "progress-bar",
        "quiet",
        "require-venv",
        "require-virtualenv",
        "resume-retries",
        "root-user-action",
        "upgrade",
        "upgrade-strategy",
        "use-deprecated",
        "use-pep517",
        "user",
        "verbose",
    ]
)


class NothingForIt(Exception):
    """pip is set to something that uv has nothing for; the message names the setting."""


@dataclass
class Translation:
    """What uv gets: variables to set, variables to take away, and options for `uv pip install`."""

    variables: dict[str, str] = field(default_factory=dict)
    without: set[str] = field(default_factory=set)
    options: list[str] = field(default_factory=list)

    def shell(self) -> str:
        """The lines that a POSIX shell evaluates."""
        lines = [f"unset {name}" for name in sorted(self.without)]
        lines += [f"export {name}={shlex.quote(value)}" for name, value in sorted(self.variables.items())]
        return "\n".join([*lines, f"uv_options={shlex.quote(' '.join(self.options))}"])


def settings(listing: str) -> dict[str, str]:
    """What holds for `pip install`, from the lines of `pip config list`, such as `global.cert='/etc/ca.pem'`."""
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.rpartition(".")
        if section in found and value:
            found[section][key] = str(ast.literal_eval(value))
    merged: dict[str, str] = {}
    for section in SECTIONS:
        merged |= {key: value for key, value in found[section].items() if value.strip()}
    return merged


def names(requirements: str) -> set[str]:
    """The packages that the lines of a requirements or constraints file name."""
    return {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([A-Za-z0-9][\w.-]*)", requirements, re.M)}


def bears_on(constraints: str, requirements: str) -> bool:
    """Whether a constraints file may say something about what is installed.

    uv takes no range beside hashes, and pins need none: a file that is about other packages can be left out.
    """
    try:
        text = Path(constraints).expanduser().read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):  # an address, or gone: pip will say
        return True
    return bool(re.search(r"^\s*-", text, re.M) or names(text) & names(requirements))


def path(value: str) -> str:
    """A path as pip reads it, `~` for the home folder."""
    return str(Path(value).expanduser())


def certificates(pip: Mapping[str, str], environment: Mapping[str, str], to: Translation) -> None:
    """Say which authorities are trusted: pip's setting, or the variables that pip's HTTP library heeds."""
    if environment.keys() & {"UV_SYSTEM_CERTS", "UV_NATIVE_TLS"}:
        return
    cert = pip.get("cert")
    if cert is None and not environment.keys() & {"SSL_CERT_FILE", "SSL_CERT_DIR"}:
        cert = environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE")
    if cert:
        kind, other = (
            ("SSL_CERT_DIR", "SSL_CERT_FILE") if Path(path(cert)).is_dir() else ("SSL_CERT_FILE", "SSL_CERT_DIR")
        )
        to.variables[kind] = path(cert)
        to.without.add(other)
    elif "truststore" in pip.get("use-feature", "").split():
        to.variables["UV_SYSTEM_CERTS"] = "true"


def proxy(pip: Mapping[str, str], to: Translation) -> None:
    """Send everything through pip's proxy, which holds for every host and before the proxies of the environment."""
    if "proxy" not in pip:
        return
    address = pip["proxy"] if "://" in pip["proxy"] else f"http://{pip['proxy']}"
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        to.variables |= {name: address, name.upper(): address}
    to.without |= {"no_proxy", "NO_PROXY"}


def indexes(pip: Mapping[str, str], environment: Mapping[str, str], to: Translation) -> None:
    """Say where packages come from. pip takes all indexes for one, which uv does when it is told to."""
    if "index-url" in pip and not environment.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
        to.variables["UV_DEFAULT_INDEX"] = pip["index-url"]
    if "extra-index-url" in pip and not environment.keys() & {"UV_INDEX", "UV_EXTRA_INDEX_URL"}:
        to.variables["UV_INDEX"] = " ".join(pip["extra-index-url"].split())
    if "UV_INDEX_STRATEGY" not in environment:
        to.variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if "find-links" in pip and "UV_FIND_LINKS" not in environment:
        links = [path(link) if link.startswith("~") else link for link in pip["find-links"].split()]
        # pip passes over a folder that is not there, uv stops
        there = [link for link in links if "://" in link or Path(link).exists()]
        if any("," in link for link in there):
            raise NothingForIt("find-links with a comma")
        if there:
            to.variables["UV_FIND_LINKS"] = ",".join(there)
    if pip.get("no-index", "no").lower() not in OFF:
        to.options.append("--no-index")


def translate(pip: Mapping[str, str], environment: Mapping[str, str], requirements: str) -> Translation:
    """What uv has to be told, so that it does what pip would. Where a UV_ variable is set already, that one holds.

    Raises NothingForIt. `requirements` is the text of requirements.txt.
    """
    to = Translation()
    certificates(pip, environment, to)
    proxy(pip, to)
    indexes(pip, environment, to)
    for key, value in pip.items():
        match key:
            case "cert" | "proxy" | "index-url" | "extra-index-url" | "find-links" | "no-index":
                pass
            case "client-cert":
                to.variables["SSL_CLIENT_CERT"] = path(value)
            case "trusted-host":
                to.variables["UV_INSECURE_HOST"] = " ".join(value.split())
            case "timeout" | "default-timeout":
                to.variables["UV_HTTP_TIMEOUT"] = str(math.ceil(float(value)))
            case "retries":
                to.variables["UV_HTTP_RETRIES"] = value
            case "cache-dir":
                to.variables["UV_CACHE_DIR"] = str(Path(path(value)) / "uv")
            case "no-cache-dir":
                # as with pip, any value but an empty one means it
                to.variables["UV_NO_CACHE"] = "true"
            case "no-binary" | "only-binary":
                to.options += [f"--{key}={package}" for package in re.split(r"[,\s]+", value.strip())]
            case "keyring-provider" if value in ("auto", "disabled", "subprocess"):
                if value == "subprocess":
                    to.variables["UV_KEYRING_PROVIDER"] = value
            case "use-feature" if set(value.split()) <= {"truststore", "fast-deps"}:
                pass
            case "constraint" if not any(bears_on(file, requirements) for file in value.split()):
                pass
            case _:
                if key not in WITHOUT_EFFECT and value.lower() not in OFF:
                    raise NothingForIt(key)
    theirs = {name for name in environment if name.startswith("UV_")}
    if theirs & {"UV_CACHE_DIR", "UV_NO_CACHE"}:
        theirs |= {"UV_CACHE_DIR", "UV_NO_CACHE"}
    to.variables = {name: value for name, value in to.variables.items() if name not in theirs}
    return to


def main() -> int:
    """Translate standard input. Exit status 1 and a line on standard error: pip has to do the work."""
    try:
        pip = settings(sys.stdin.read())
        print(translate(pip, os.environ, Path("requirements.txt").read_text(encoding="utf-8")).shell())
    except NothingForIt as error:
        print(f"pip is set to {error}, for which uv has nothing", file=sys.stderr)
        return 1
    except (ValueError, SyntaxError) as error:
        print(f"pip's configuration could not be read ({error})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
