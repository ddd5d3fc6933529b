"""What the environment of ``local-aws up`` sets."""

import re
from pathlib import Path

import pytest

from local_aws.errors import BadSetting
from local_aws.settings import VARIABLES, Settings, Variable, help_text

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_nothing_set_is_nothing_decided() -> None:
    """An empty variable counts as unset."""
    assert Settings.read({"LOCAL_AWS_SANDBOXES": ""}) == Settings(None, None, None)


def test_each_variable_sets_its_own() -> None:
    """The variables set the sandboxes, the wait for one, and the account's concurrency."""
    environment = {
        "LOCAL_AWS_SANDBOXES": "3",
        "LOCAL_AWS_SANDBOX_WAIT": "0",
        "LOCAL_AWS_CONCURRENT_EXECUTIONS": "10",
    }
    assert Settings.read(environment) == Settings(sandboxes=3, sandbox_wait=0, concurrent_executions=10)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
@pytest.mark.parametrize("text", ["many", "-1", "1.5", "٣", "1000000", " "])
def test_a_bad_value_is_named(variable: Variable, text: str) -> None:
    """The error says which variable, what it holds, what it may hold, and what to type."""
    with pytest.raises(BadSetting) as bad:
        Settings.read({variable.name: text})
    expected = (
        f"{variable.name} is {text!r}: it must be a whole number of {variable.unit} from {variable.least} to "
        f"{variable.most}. Set it to that, or unset it: unset {variable.name}"
    )
    assert str(bad.value) == expected


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_bounds_are_part_of_what_is_allowed(variable: Variable) -> None:
    """Both bounds are allowed values."""
    assert [variable.read({variable.name: str(n)}) for n in (variable.least, variable.most)] == [
        variable.least,
        variable.most,
    ]


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_each_is_documented(variable: Variable) -> None:
    """The help of ``local-aws up`` and the README have each variable."""
    assert variable.name in help_text()
    assert re.search(rf"^\| `{variable.name}` \|", README, re.MULTILINE)
