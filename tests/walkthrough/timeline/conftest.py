"""Lines that an embedded AWS has really written."""

import json
from pathlib import Path
from typing import Any

import pytest

from walkthrough.timeline import Heard

Event = dict[str, Any]


@pytest.fixture(scope="session")
def recorded() -> dict[str, list[Any]]:
    """Three clients: two pongs, a broadcast and a complaint, between coming and going; ``access`` and ``functions``."""
    return json.loads(Path(__file__).with_name("recorded.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def heard(recorded: dict[str, list[Any]]) -> list[Heard]:
    """What the clients of the recording heard: the two pongs, and the broadcast."""
    return [Heard(**told) for told in recorded["heard"]]
