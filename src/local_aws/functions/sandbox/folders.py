"""The folders of one sandbox, and the names that they have on AWS.

There a sandbox is a machine of its own, with ``/var/task``, ``/opt``, ``/var/runtime`` and ``/tmp``. Here nobody is
root: each is a folder somewhere, and the handler is told by the variables that name it on AWS too (``variables``). A
handler that writes ``/opt/…`` out in its code finds nothing there.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local_aws.functions.sandbox import archive

__all__ = ["Folders"]

TASK, LAYERS, RUNTIME = "/var/task", "/opt", "/var/runtime"


@dataclass(frozen=True, slots=True)
class Folders:
    """``root`` is the sandbox's, ``runtime`` what its runtime brings along: made where there is nothing of the kind."""

    root: Path
    runtime: Path

    @property
    def task(self) -> Path:
        """``/var/task``, the function's own code."""
        return self.root / "task"

    @property
    def layers(self) -> Path:
        """``/opt``, what the layers hold."""
        return self.root / "opt"

    @property
    def scratch(self) -> Path:
        """``/tmp``, the only one that can be written to."""
        return self.root / "tmp"

    def make(self) -> None:
        """Make them, seen by nobody else; what is unpacked makes its own."""
        self.root.mkdir(parents=True, mode=0o700)
        self.scratch.mkdir()
        self.runtime.mkdir(exist_ok=True)

    async def unpack(self, code: bytes, layers: Sequence[bytes]) -> None:
        """Fill the task root, and ``/opt`` with the layers in their order. Raises BadArchive.

        Waits for that also when cancelled: nobody may remove files that are still being written.
        """
        task = asyncio.ensure_future(asyncio.to_thread(self._unpack, code, layers))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise

    def _unpack(self, code: bytes, layers: Sequence[bytes]) -> None:
        archive.extract([code], self.task)
        archive.extract(layers, self.layers)

    def here(self, paths: str) -> str:
        """The same paths, separated by colons, where AWS's folders are the ones here."""
        return ":".join(self._here(path) for path in paths.split(":"))

    def _here(self, path: str) -> str:
        for name, folder in ((TASK, self.task), (LAYERS, self.layers), (RUNTIME, self.runtime)):
            if path == name or path.startswith(f"{name}/"):
                return str(folder) + path.removeprefix(name)
        return path
