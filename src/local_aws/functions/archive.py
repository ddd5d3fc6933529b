"""The zip of a function, unpacked as a task root."""

import stat
import zipfile
import zlib
from io import BytesIO
from pathlib import Path, PurePosixPath

__all__ = ["BadArchive", "extract", "remove"]

FILE_MODE = 0o444  # /var/task cannot be written to on AWS either
EXECUTABLE_MODE = 0o555
FOLDER_MODE = 0o555


class BadArchive(ValueError):
    """The zip cannot be unpacked, or wants to put a file outside its folder."""


def extract(archive: bytes, folder: Path) -> None:
    """Unpack ``archive`` into ``folder``, which is made, and take away the permission to write there.

    Raises BadArchive when the zip is damaged; and before the first file is written, when a name is absolute,
    climbs out with ``..`` or is a symbolic link.
    """
    try:
        package = zipfile.ZipFile(BytesIO(archive))
    except zipfile.BadZipFile as error:
        raise BadArchive(f"The function's package is not a zip file: {error}") from error
    with package:
        entries = [(entry, folder / _inside(entry)) for entry in package.infolist()]
        folder.mkdir(parents=True)
        folders = {folder}
        for entry, path in entries:
            target = path if entry.is_dir() else path.parent
            try:
                target.mkdir(parents=True, exist_ok=True)
                if not entry.is_dir():
                    path.write_bytes(package.read(entry))
                    executable = (entry.external_attr >> 16) & stat.S_IXUSR
                    path.chmod(EXECUTABLE_MODE if executable else FILE_MODE)
            except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError) as error:
                raise BadArchive(f"{entry.filename} in the package cannot be unpacked: {error}") from error
            while target not in folders:
                folders.add(target)
                target = target.parent
        for made in folders:
            made.chmod(FOLDER_MODE)


def remove(folder: Path) -> None:
    """Remove what ``extract`` and a handler left below ``folder``, read-only folders included."""
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
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BadArchive(f"{entry.filename} in the package is a symbolic link")
    return name
