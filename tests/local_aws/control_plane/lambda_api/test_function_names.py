"""The names and ARNs by which a function is called."""

import pytest

from local_aws.control_plane.lambda_api.function_names import read_function_name

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:send"


@pytest.mark.parametrize(
    ("function", "read"),
    [
        ("send", ("send", None, None)),
        ("send:live", ("send", None, "live")),
        ("123456789012:function:send", ("send", None, None)),
        ("123456789012:function:send:2", ("send", None, "2")),
        (ARN, ("send", "eu-west-1", None)),
        (f"{ARN}:$LATEST", ("send", "eu-west-1", "$LATEST")),
    ],
)
def test_each_form_is_read(function: str, read: tuple[str, str | None, str | None]) -> None:
    """Name, region and qualifier; None for a part that the form does not have."""
    assert read == read_function_name(function)
