"""Unpacks the zip of a function, or the zips of its layers, into a folder of its sandbox."""

import contextlib
import posixpath
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path, PurePosixPath

__all__ = ["BadArchive", "extract", "remove"]

FILE_MODE = 0o444  # on AWS neither /var/task nor /opt can be written to
EXECUTABLE_MODE = 0o555
FOLDER_MODE = 0o555


class BadArchive(ValueError):
    """The zip cannot be unpacked, or would put a file outside its folder."""


def extract(archives: Sequence[bytes], folder: Path) -> None:
    """Make ``folder``, unpack ``archives`` into it in order, and make it read-only.

    A file of a later archive replaces one of the same name. Raises BadArchive if a zip is damaged, if a name is
    absolute or has ``..``, or if a symbolic link points out of the folder; names and links are checked before the first
    file is written.
    """
    found: dict[PurePosixPath, tuple[zipfile.ZipFile, zipfile.ZipInfo]] = {}
    for archive in archives:
        try:
            package = zipfile.ZipFile(BytesIO(archive))
        except zipfile.BadZipFile as error:
            raise BadArchive(f"The function's package is not a zip file: {error}") from error
        found |= {_inside(entry): (package, entry) for entry in package.infolist()}
    links = {name: _destination(name, *source) for name, source in found.items() if _is_link(source[1])}
    folder.mkdir(parents=True)
    folders = {folder}
    for name, (package, entry) in found.items():
        path = folder / name
        target = path if entry.is_dir() else path.parent
        with _naming(entry.filename):
            target.mkdir(parents=True, exist_ok=True)
            if not entry.is_dir() and name not in links:
                _write(path, package.read(entry), entry)
        while target not in folders:
            folders.add(target)
            target = target.parent
    for name, destination in links.items():  # last, so that no file is written through a link
        path = folder / name
        if not path.exists():
            with _naming(str(name)):
                path.symlink_to(destination)
    for made in folders:
        made.chmod(FOLDER_MODE)


def remove(folder: Path) -> None:
    """Remove ``folder`` with all that ``extract`` and a handler left in it, also read-only folders."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    folder.chmod(0o700)
    for child in folder.iterdir():
        remove(child)
    folder.rmdir()


def _inside(entry: zipfile.ZipInfo) -> PurePosixPath:
    name = PurePosixPath(entry.filename)
    if name.is_absolute() or ".." in name.parts or "\\" in entry.filename:
        raise BadArchive(f"{entry.filename} in the package leads out of its folder")
    return name


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _destination(name: PurePosixPath, package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """Return what a symbolic link in the zip points to. Raises BadArchive if that is outside the folder."""
    with _naming(entry.filename):
        destination = package.read(entry).decode("utf-8", "surrogateescape")
    path = posixpath.normpath(posixpath.join(name.parent, destination))  # as if no folder on the way were a link
    if path.startswith("/") or path.split("/")[0] == "..":
        raise BadArchive(f"{entry.filename} in the package is a symbolic link that leads out of its folder")
    return destination


def _write(path: Path, content: bytes, entry: zipfile.ZipInfo) -> None:
    path.write_bytes(content)
    # Lambda runs functions as a user who owns none of their files, so the permission of others counts.
    executable = (entry.external_attr >> 16) & stat.S_IXOTH
    path.chmod(EXECUTABLE_MODE if executable else FILE_MODE)


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Raise an error inside as BadArchive, with the name of the file that could not be unpacked."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
        raise BadArchive(f"{name} in the package cannot be unpacked: {error}") from error
