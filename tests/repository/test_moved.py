import importlib.util
import json
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("moved", REPOSITORY / "tools" / "moved.py")
assert _spec is not None
assert _spec.loader is not None
moved = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(moved)


def test_pins_of_python() -> None:
    """Comments, markers, extras and hashes aside; two versions for different machines are one entry."""
    text = (
        "# made by make lock\nmoto[all]==5.2.5 \\\n    --hash=sha256:00\n    # via moto==1\n"
        "soupsieve==2.10 ; python_version < '3.12' \\\n    --hash=sha256:11\n"
        "soupsieve==4.1 ; python_version >= '3.12'\n"
    )
    assert {"moto": "5.2.5", "soupsieve": "2.10 and 4.1"} == moved.python_pins(text)


def test_pins_of_node() -> None:
    """Each package in node_modules, also one inside another; the project itself is none."""
    packages = {
        "": {"version": "0.1.0"},
        "node_modules/osls": {"version": "4.1.0"},
        "node_modules/osls/node_modules/a": {"version": "2.0.0"},
    }
    expected = {"osls": "4.1.0", "osls/node_modules/a": "2.0.0"}
    assert expected == moved.node_pins(json.dumps({"packages": packages}))


def test_what_has_moved() -> None:
    """A package of another version, a new one and one that is gone are named, others are not."""
    before, after = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "3"}
    assert ["b 1 → 2", "c 1 is gone", "d 3 is new"] == moved.moved(before, after)


def test_our_own_locks() -> None:
    """Our own files are read: their largest packages are found."""
    assert "moto" in moved.python_pins((REPOSITORY / "requirements.txt").read_text())
    assert "osls" in moved.node_pins((REPOSITORY / "package-lock.json").read_text())
