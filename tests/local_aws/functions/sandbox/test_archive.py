"""Unpacking a function's zip."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from local_aws.functions.sandbox import archive

from ..conftest import Package


def test_files_and_folders(tmp_path: Path, package: Package) -> None:
    """Files come out where the zip says, folders are made for them."""
    archive.extract([package({"handler.py": "1", "lambda/send.py": "2"})], tmp_path / "task")
    assert (tmp_path / "task/handler.py").read_text() == "1"
    assert (tmp_path / "task/lambda/send.py").read_text() == "2"


def test_read_only(tmp_path: Path, package: Package) -> None:
    """Nothing in the task root may be written to, as on Lambda; a file that everybody may execute stays executable."""
    packages = [package({"handler.py": ""}), package({"bin/tool": ""}, 0o755), package({"own": ""}, 0o744)]
    archive.extract(packages, tmp_path / "task")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "task").rglob("*")}
    assert {"handler.py": 0o444, "bin": 0o555, "tool": 0o555, "own": 0o444} == modes


@pytest.mark.parametrize("name", ["../escaped.py", "/tmp/escaped.py", "a/../../escaped.py", "..\\escaped.py"])
def test_no_way_out(tmp_path: Path, package: Package, name: str) -> None:
    """A name that leads out of the folder is refused before anything is written."""
    with pytest.raises(archive.BadArchive, match="leads out"):
        archive.extract([package({"fine.py": "", name: ""})], tmp_path / "task")
    assert [] == list(tmp_path.iterdir())


def linking(target: str) -> bytes:
    """A zip of ``lib/tool-1`` and a link ``lib/tool`` that points to ``target``."""
    entry = zipfile.ZipInfo("lib/tool")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        zipped.writestr(entry, target)
        zipped.writestr("lib/tool-1", "one")
    return data.getvalue()


@pytest.mark.parametrize("target", ["tool-1", "./tool-1", "../lib/tool-1"])
def test_links_within(tmp_path: Path, target: str) -> None:
    """A symbolic link that stays in the folder is unpacked as a link, as layers have them for libraries."""
    archive.extract([linking(target)], tmp_path / "opt")
    assert (tmp_path / "opt/lib/tool").is_symlink()
    assert (tmp_path / "opt/lib/tool").read_text() == "one"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../escaped", "../../opt/lib/tool-1"])
def test_no_links_to_elsewhere(tmp_path: Path, target: str) -> None:
    """A symbolic link that leads out of the folder is refused before anything is written."""
    with pytest.raises(archive.BadArchive, match="symbolic link that leads out"):
        archive.extract([linking(target)], tmp_path / "opt")
    assert [] == list(tmp_path.iterdir())


def test_later_archives_over_earlier_ones(tmp_path: Path, package: Package) -> None:
    """Of files with the same name the last archive's counts, and the others stay."""
    first, second = package({"a.py": "1", "b.py": "1", "p/x.py": "1"}), package({"b.py": "2", "p/y.py": "2"})
    archive.extract([first, second], tmp_path / "opt")
    found = {str(path.relative_to(tmp_path / "opt")): path.read_text() for path in (tmp_path / "opt").rglob("*.py")}
    assert {"a.py": "1", "b.py": "2", "p/x.py": "1", "p/y.py": "2"} == found


def test_no_file_is_written_through_a_link(tmp_path: Path, package: Package) -> None:
    """A later archive's file does not follow the link of an earlier one: a folder stands in the link's place."""
    archive.extract([linking("tool-1"), package({"lib/tool/x": "2"})], tmp_path / "opt")
    assert (tmp_path / "opt/lib/tool-1").read_text() == "one"
    assert (tmp_path / "opt/lib/tool/x").read_text() == "2"


def test_no_archives(tmp_path: Path) -> None:
    """Without layers there is an empty folder."""
    archive.extract([], tmp_path / "opt")
    assert [] == list((tmp_path / "opt").iterdir())


def test_damage(tmp_path: Path, package: Package) -> None:
    """A zip with a damaged file is refused with that file's name."""
    data = bytearray(package({"handler.py": "x" * 100}))
    data[60] ^= 0xFF
    with pytest.raises(archive.BadArchive, match=r"handler\.py"):
        archive.extract([bytes(data)], tmp_path / "task")


def test_remove(tmp_path: Path, package: Package) -> None:
    """Read-only folders are removed too; of a link, only the link itself."""
    archive.extract([package({"lambda/send.py": ""})], tmp_path / "gone/task")
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (tmp_path / "gone/link").symlink_to(kept)
    archive.remove(tmp_path / "gone")
    assert [kept] == list(tmp_path.iterdir())
    assert (kept / "file").exists()
