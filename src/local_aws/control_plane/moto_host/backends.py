"""moto's state of a service in an account and a region, found fast enough to be asked at every request."""

from typing import Any

__all__ = ["backend_of"]


def backend_of(backends: Any, account_id: str, region: str) -> Any:
    """``backends[account_id][region]``, without moto's locks and lists where it is there already.

    Not to be kept: a reset of moto puts another in its place.
    """
    regions = dict.get(backends, account_id)
    backend = None if regions is None else dict.get(regions, region)
    return backends[account_id][region] if backend is None else backend
