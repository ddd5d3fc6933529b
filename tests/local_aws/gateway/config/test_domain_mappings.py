"""Paths of custom domain names."""

import pytest

from local_aws.gateway.config.domain_mappings import find_mapping

MAPPINGS = {"orders": ("a", "dev"), "orders/v2": ("a", "next"), "": ("b", "prod")}


@pytest.mark.parametrize(
    ("path", "found", "rest"),
    [
        ("orders", ("a", "dev"), ""),
        ("orders/", ("a", "dev"), ""),
        ("orders/@connections/x=", ("a", "dev"), "@connections/x="),
        ("orders/v2", ("a", "next"), ""),
        ("orders/v3", ("a", "dev"), "v3"),
        ("", ("b", "prod"), ""),
        ("ordersx", ("b", "prod"), "ordersx"),
        ("@connections/x=", ("b", "prod"), "@connections/x="),
    ],
)
def test_the_longest_key_counts(path: str, found: tuple[str, str], rest: str) -> None:
    """Spec 259, 261: keys match whole segments; the empty key matches everything else."""
    assert find_mapping(MAPPINGS, path) == (found, rest)


@pytest.mark.parametrize("path", ["", "other", "ordersx/y"])
def test_without_an_empty_key_there_is_nothing_else(path: str) -> None:
    """Such a path leads to no stage, so the gateway answers 403."""
    assert find_mapping({"orders": ("a", "dev")}, path) == (None, path)
