"""moto's state of a service in an account and a region, looked up fast enough for every request."""

from typing import Any

__all__ = ["backend_of"]


def backend_of(backends: Any, account_id: str, region: str) -> Any:
    """``backends[account_id][region]``, without moto's locks and lists if it exists already.

    Callers must not keep it: a reset of moto replaces it.
    """
    regions = dict.get(backends, account_id)
    backend = None if regions is None else dict.get(regions, region)
    return backends[account_id][region] if backend is None else backend
