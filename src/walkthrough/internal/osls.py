"""osls, the deployment tool, with a bar that steps with each resource that CloudFormation reports.

    from walkthrough.internal import osls
    osls.run("deploy", "deploying", total=osls.packaged)

Its output is shown only if it fails.
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

SHOWN = 28  # characters of a resource's name; a deployment's name is very long


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """What a line of ``--verbose`` says of one resource: ``CREATE_COMPLETE``, ``Table``, ``ConnectionsTable``."""

    status: str
    kind: str
    name: str

    @property
    def done(self) -> bool:
        """Whether CloudFormation has finished with it. The stack itself is reported alike, but is no resource."""
        return self.kind != "Stack" and self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")


def report(line: str) -> ResourceStatus | None:
    """Read one line of ``osls … --verbose``. Returns None if it is not about a resource.

    >>> report("  CREATE_COMPLETE - AWS::IAM::Role - SendRole")
    ResourceStatus(status='CREATE_COMPLETE', kind='Role', name='SendRole')
    """
    found = re.fullmatch(r"\s*([A-Z_]+) - \w+::(?:\w+::)*(\w+) - (\S+)\s*", line)
    return ResourceStatus(*found.groups()) if found else None


def packaged() -> int | None:
    """The number of resources in the template that osls packaged last; None if it cannot be read."""
    try:
        template = json.loads((root() / ".serverless" / TEMPLATE).read_text(encoding="utf-8"))
        return len(template["Resources"])
    except (OSError, ValueError, KeyError):
        return None


def run(command: str, what: str, total: Callable[[], int | None]) -> None:
    """Run ``osls COMMAND`` in the project's folder to its end, with a progress bar labelled ``what``.

    ``total()`` is called when the first resource is reported, and returns how many there will be, None if unknown.
    Raises WalkthroughError with the output of osls if it fails.
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
            output = "".join(_unreported(process.stdout or (), bar, total)).strip()
        except BaseException:  # such as the interrupt of a learner who has waited long enough
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        raise WalkthroughError(f"osls {command} failed:\n{output}")


def _unreported(lines: Iterable[str], bar: progress.Bar, total: Callable[[], int | None]) -> Iterator[str]:
    """Show resources in the bar, and yield the other lines and those about resources that failed."""
    started, done = False, set()
    for line in lines:
        resource = report(line)
        if resource is None or "FAILED" in resource.status:
            yield line
        if resource is None or resource.kind == "Stack":
            continue
        if not started and (many := total()) is not None:
            bar.expect(many)
        started = True
        bar.say(resource.name if len(resource.name) <= SHOWN else resource.name[:SHOWN] + "…")
        if resource.done and resource.name not in done:
            done.add(resource.name)
            bar.step()


def _tool() -> str:
    tool = shutil.which("osls")
    if tool is None:
        raise WalkthroughError("osls is not installed: run make setup in the project's folder, then cloud.use().")
    return tool
