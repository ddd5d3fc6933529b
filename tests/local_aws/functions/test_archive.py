"""Unpacking a function's zip."""

import io
import stat
import zipfile

import pytest

from local_aws.functions import archive


def test_files_and_folders(tmp_path, package):
    """Files come out where the zip says, folders are made for them."""
    archive.extract([package({"handler.py": "1", "lambda/send.py": "2"})], tmp_path / "task")
    assert (tmp_path / "task/handler.py").read_text() == "1"
    assert (tmp_path / "task/lambda/send.py").read_text() == "2"


def test_read_only(tmp_path, package):
    """Nothing in the task root may be written to, as on Lambda; what was executable stays so."""
    entry = zipfile.ZipInfo("bin/tool")
    entry.external_attr = 0o755 << 16
    data = io.BytesIO(package({"handler.py": ""}))
    with zipfile.ZipFile(data, "a") as zipped:
        zipped.writestr(entry, "")
    archive.extract([data.getvalue()], tmp_path / "task")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "task").rglob("*")}
    assert {"handler.py": 0o444, "bin": 0o555, "tool": 0o555} == modes


@pytest.mark.parametrize("name", ["../escaped.py", "/tmp/escaped.py", "a/../../escaped.py", "..\\escaped.py"])
def test_no_way_out(tmp_path, package, name):
    """A name that leads out of the folder is refused before anything is written."""
    with pytest.raises(archive.BadArchive, match="leads out"):
        archive.extract([package({"fine.py": "", name: ""})], tmp_path / "task")
    assert [] == list(tmp_path.iterdir())


def test_no_links(tmp_path):
    """A symbolic link is refused."""
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        zipped.writestr(entry, "/etc/passwd")
    with pytest.raises(archive.BadArchive, match="symbolic link"):
        archive.extract([data.getvalue()], tmp_path / "task")


def test_damage(tmp_path, package):
    """A zip with a damaged file is refused with that file's name."""
    data = bytearray(package({"handler.py": "x" * 100}))
    data[60] ^= 0xFF
    with pytest.raises(archive.BadArchive, match=r"handler\.py"):
        archive.extract([bytes(data)], tmp_path / "task")


def test_remove(tmp_path, package):
    """Read-only folders go as well, and a link goes without what it points to."""
    archive.extract([package({"lambda/send.py": ""})], tmp_path / "gone/task")
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (tmp_path / "gone/link").symlink_to(kept)
    archive.remove(tmp_path / "gone")
    assert [kept] == list(tmp_path.iterdir())
    assert (kept / "file").exists()
