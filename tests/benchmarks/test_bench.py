"""What `make bench` makes of what was measured; the measuring itself is not for tests."""

import asyncio
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load(name: str) -> ModuleType:
    """One of the programs, as a module."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bench = load("bench")
client = load("client")


def measured(median: float, refused: float = 0) -> dict[str, float]:
    """What the client program could say."""
    rates = {"echoes_per_second": 1000 / median, "connects_per_second": 100 / median}
    return {"median_ms": median, "p99_ms": 2 * median, **rates, "refused": refused}


def test_ratios_are_of_the_same_round() -> None:
    """A round in which everything is slow does not change a ratio."""
    rounds = {
        "bare server": [measured(1), measured(10), measured(1)],
        "@connections": [measured(8), measured(80), measured(8)],
        "route response": [measured(5), measured(50), measured(5)],
    }
    told = bench.summary(rounds)
    assert told["@connections"]["median_ms"] == {"median": 8, "ratio": 8}
    assert told["route response"]["echoes_per_second"] == {"median": 200, "ratio": 0.2}


def test_refusals_of_all_rounds_are_counted() -> None:
    """One refusal in one round is not hidden behind a median."""
    rounds = {name: [measured(1), measured(1, refused=3), measured(1)] for name in bench.MESSAGES}
    assert bench.summary(rounds)["@connections"]["refused"] == {"median": 0, "total": 3}
    assert "@connections            3.00" in bench.table(bench.summary(rounds)).rpartition("refused")[2]


def test_the_table_names_the_aims() -> None:
    """Beside a ratio stands what it should be."""
    table = bench.table(bench.summary({name: [measured(2)] for name in bench.MESSAGES}))
    assert "1.00 times the bare server's (aim: at most 8.00 times)" in table
    assert "(aim: at least 1/35.0 of)" in table


def test_the_client_measures_a_real_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each figure comes from echoes of the bare server."""
    for name, value in {"ECHOES": 100, "WARM_UP": 1, "CLIENTS": 2, "SECONDS": 0.1, "AT_ONCE": 5}.items():
        monkeypatch.setattr(client, name, value)
    with bench.bare_server() as url:
        figures = asyncio.run(client.measure(url, '{"action":"send","message":"psst"}'))
    assert set(figures) == set(bench.UNITS)
    assert 0 < figures["median_ms"] <= figures["p99_ms"]
    assert figures["refused"] == 0
    assert figures["echoes_per_second"] > 0 < figures["connects_per_second"]


def test_refused_clients_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens, all are refused."""
    monkeypatch.setattr(client, "AT_ONCE", 3)
    with bench.bare_server() as url:
        pass
    assert asyncio.run(client.connects(url))["refused"] == 3


def test_the_bare_server_ends_with_who_started_it() -> None:
    """It goes when its standard input does."""
    server = subprocess.Popen(
        [sys.executable, BENCHMARKS / "bare.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert int(server.stdout.readline()) > 0
    server.communicate("", timeout=10)
    assert server.returncode == 0
