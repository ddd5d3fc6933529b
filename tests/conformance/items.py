"""The three hundred behaviours, and which of them have a test."""

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["GROUPS", "Item", "covered", "items"]

HERE = Path(__file__).parent

GROUPS = {
    "1": "Handshake",
    "2": "Lambda proxy events",
    "3": "Route selection",
    "4": "Integrations and results",
    "5": "Disconnect and close codes",
    "6": "Quotas",
    "7": "`@connections` management API",
    "8": "Authorization",
    "9": "Stages, deployments, logs, metrics, domains",
    "10a": "CloudFormation resource types",
    "10b": "What the Serverless Framework generates",
    "11": "Pricing",
}


@dataclass(frozen=True)
class Item:
    """One behaviour. ``marks`` say how sure it is; ``reason`` says why no test covers it."""

    number: int
    group: str
    says: str
    marks: tuple[str, ...] = ()
    reason: str = ""


@cache
def items() -> tuple[Item, ...]:
    """All of them, in order."""
    found = tomllib.loads((HERE / "items.toml").read_text())["items"]
    return tuple(Item(**{**each, "marks": tuple(each.get("marks", ()))}) for each in found)


@cache
def covered() -> dict[int, tuple[str, ...]]:
    """The tests of each item that has one: ``file::function``, read from the marks in the sources."""
    tests: dict[int, list[str]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            for call in (each for mark in node.decorator_list for each in ast.walk(mark)):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.spec":
                    for number in call.args:
                        tests.setdefault(ast.literal_eval(number), []).append(f"{path.name}::{node.name}")
    return {number: tuple(dict.fromkeys(names)) for number, names in sorted(tests.items())}
