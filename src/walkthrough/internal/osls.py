"""osls, the deployment tool, with a bar that steps with each resource that CloudFormation reports.

    from walkthrough.internal import osls
    osls.run("deploy", "deploying", total=osls.packaged)

What it prints is kept to itself, unless it fails.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from walkthrough import progress
from walkthrough.errors import WalkthroughError
from walkthrough.internal.project import root

__all__ = ["ResourceStatus", "packaged", "report", "run"]

TEMPLATE = "cloudformation-template-update-stack.json"
"""Where osls leaves the template of the whole stack, in ``.serverless``, before it makes the first resource."""

SHOWN = 28  # characters of a resource's name; that of a deployment is very long


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """What a line of ``--verbose`` says of one resource: ``CREATE_COMPLETE``, ``Table``, ``ConnectionsTable``."""

    status: str
    kind: str
    name: str

    @property
    def done(self) -> bool:
        """Whether CloudFormation is done with it. The stack itself, reported alike, is no resource."""
        return self.kind != "Stack" and self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")


def report(line: str) -> ResourceStatus | None:
    """Read one line of ``osls … --verbose``; None when it is about no resource.

    >>> report("  CREATE_COMPLETE - AWS::IAM::Role - SendRole")
    ResourceStatus(status='CREATE_COMPLETE', kind='Role', name='SendRole')
    """
    found = re.fullmatch(r"\s*([A-Z_]+) - \w+::(?:\w+::)*(\w+) - (\S+)\s*", line)
    return ResourceStatus(*found.groups()) if found else None


def packaged() -> int | None:
    """How many resources the template has that osls packaged last; None when there is none to be read."""
    try:
        template = json.loads((root() / ".serverless" / TEMPLATE).read_text(encoding="utf-8"))
        return len(template["Resources"])
    except (OSError, ValueError, KeyError):
        return None


def run(command: str, what: str, total: Callable[[], int | None]) -> None:
    """Run ``osls`` in the project's folder to its end, under a bar called ``what``.

    ``total`` is asked, once the first resource is reported, how many there will be. Raises WalkthroughError with osls'
    own words when it fails.
    """
    process = subprocess.Popen(
        [_tool(), command, "--stage", "dev", "--verbose"],
        cwd=root(),
        env={**os.environ, "CI": "true", "NO_COLOR": "1"},  # no spinner, no colours
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    with process, progress.bar(what) as bar:
        try:
            said = "".join(_shown(process.stdout or (), bar, total)).strip()
        except BaseException:  # such as the interrupt of a learner who has waited long enough
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        raise WalkthroughError(f"osls {command} failed:\n{said}")


def _shown(lines: Iterable[str], bar: progress.Bar, total: Callable[[], int | None]) -> Iterator[str]:
    """Moves the bar, and gives back the lines that are not about a resource that fares well."""
    started, done = False, set()
    for line in lines:
        told = report(line)
        if told is None or "FAILED" in told.status:
            yield line
        if told is None or told.kind == "Stack":
            continue
        if not started and (many := total()) is not None:
            bar.expect(many)
        started = True
        bar.say(told.name if len(told.name) <= SHOWN else told.name[:SHOWN] + "…")
        if told.done and told.name not in done:
            done.add(told.name)
            bar.step()


def _tool() -> str:
    tool = shutil.which("osls")
    if tool is None:
        raise WalkthroughError("osls is not installed: run make setup in the project's folder, then cloud.use().")
    return tool
