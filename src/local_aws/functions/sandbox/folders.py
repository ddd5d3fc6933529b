"""The folders of one sandbox, and the names that they have on AWS.

On AWS a sandbox is a machine of its own, with ``/var/task``, ``/opt``, ``/var/runtime`` and ``/tmp``. Here we are not
root, so each of them is a folder elsewhere, and the variables that name it on AWS name it here too (``environment``). A
handler whose code says ``/opt/…`` literally finds nothing there.
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
    """``root`` is the sandbox's own folder; ``runtime`` has the files of its runtime, and is made if it is missing."""

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
        """``/tmp``, the only folder that can be written to."""
        return self.root / "tmp"

    def make(self) -> None:
        """Make the folders, private to our user; ``unpack`` makes ``task`` and ``layers``."""
        self.root.mkdir(parents=True, mode=0o700)
        self.scratch.mkdir()
        self.runtime.mkdir(exist_ok=True)

    async def unpack(self, code: bytes, layers: Sequence[bytes]) -> None:
        """Unpack the code into the task root, and the layers, in order, into ``/opt``. Raises BadArchive.

        If it is cancelled, it still waits for the end: the files may not be removed while they are being written.
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
        """Return ``paths``, separated by colons, with AWS's folders replaced by those of this sandbox."""
        return ":".join(self._here(path) for path in paths.split(":"))

    def _here(self, path: str) -> str:
        for name, folder in ((TASK, self.task), (LAYERS, self.layers), (RUNTIME, self.runtime)):
            if path == name or path.startswith(f"{name}/"):
                return str(folder) + path.removeprefix(name)
        return path
