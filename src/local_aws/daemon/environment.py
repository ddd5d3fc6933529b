"""The variables that a person's environment must and must not have, to reach an embedded AWS or to run one.

Functions of mappings; nothing here reads or changes the environment of a process.

https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

import os
import re
from collections.abc import Mapping

__all__ = ["is_misleading", "own_variables", "shell_changes", "without_aws_hosts"]

NO_CONFIGURATION = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""No configuration files: a person's ~/.aws may name another account or another endpoint, or be unreadable."""

_MISLEADING = re.compile(
    # Another identity. osls also reads AWS_DEV_PROFILE, AWS_DEV_ACCESS_KEY_ID and so on, by the name of the stage.
    r"AWS_([A-Z0-9_]+_)?(PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)"
    r"|AWS_(SECURITY_TOKEN|CREDENTIAL_EXPIRATION|CREDENTIAL_FILE|ACCOUNT_ID|ACCOUNT_ID_ENDPOINT_MODE)"
    r"|AWS_(ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|SDK_LOAD_CONFIG)|AWS_CONTAINER_[A-Z0-9_]+|BOTO_CONFIG"
    # Another endpoint, for all services or for one.
    r"|AWS_ENDPOINT_URL(_[A-Z0-9_]+)?|AWS_IGNORE_CONFIGURED_ENDPOINT_URLS|AWS_USE_(FIPS|DUALSTACK)_ENDPOINT"
)

_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "amazonwebservices.com")

_OTHER_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")

_BEFORE_HTTPS_PROXY = {
    # osls uses the first of these three for its calls of AWS, and never reads NO_PROXY; nothing else reads "proxy".
    "proxy": ("proxy", "HTTP_PROXY", "http_proxy"),
    # websockets uses these for wss:// (RFC 6455 prefers SOCKS).
    "wss_proxy": ("wss_proxy", "WSS_PROXY", "socks_proxy", "SOCKS_PROXY"),
}
"""Variables that some client prefers to HTTPS_PROXY, by the one that the client prefers most."""


def is_misleading(name: str) -> bool:
    """Return whether a variable can give AWS tools another identity or endpoint than ours."""
    return _MISLEADING.fullmatch(name) is not None


def own_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the embedded AWS itself: a person's, without AWS configuration for boto3 to read."""
    kept = {name: value for name, value in environment.items() if not is_misleading(name)}
    return {**kept, **NO_CONFIGURATION}


def shell_changes(exports: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str | None]:
    """Return what a shell with that environment must export, and unset (None), so that every AWS client reaches us.

    The result includes ``exports``, which must have HTTPS_PROXY. Plain HTTP to other hosts keeps its proxy.
    """
    changes: dict[str, str | None] = {name: None for name in environment if is_misleading(name)}
    if "https_proxy" in environment:
        changes["https_proxy"] = None
    changes |= NO_CONFIGURATION
    changes |= exports
    for winner, others in _BEFORE_HTTPS_PROXY.items():
        if any(environment.get(name) for name in others):
            changes[winner] = exports["HTTPS_PROXY"]
    # If both are set, Python and curl use the lower case one: each variable keeps its own entries.
    lower = environment.get("no_proxy", "")
    changes["NO_PROXY"] = _with_loopback(without_aws_hosts(environment.get("NO_PROXY") or lower))
    if lower:
        changes["no_proxy"] = _with_loopback(without_aws_hosts(lower))
    if "*" in _entries(lower or environment.get("NO_PROXY", "")):  # no proxy was used so far: none but ours is used now
        changes |= {name: None for name in _OTHER_PROXIES if name in environment}
    return changes


def without_aws_hosts(no_proxy: str) -> str:
    """Return a value of NO_PROXY without the entries that match a host of AWS, such as ``*`` or ``.amazonaws.com``.

    With those, clients would go past our proxy to the real AWS. The other entries stay unchanged, in their order.
    """
    entries = _entries(no_proxy)
    kept = [entry for entry in entries if not _matches_aws(entry)]
    return no_proxy if kept == entries else ",".join(kept)


def _entries(no_proxy: str) -> list[str]:
    return [entry for entry in re.split(r"[\s,]+", no_proxy) if entry]


def _matches_aws(entry: str) -> bool:
    name = entry.lower().partition(":")[0].lstrip("*.").rstrip(".")
    if not name:
        return "*" in entry
    return any(f".{domain}".endswith(f".{name}") or name.endswith(f".{domain}") for domain in _AWS_DOMAINS)


def _with_loopback(no_proxy: str) -> str:
    """Add 127.0.0.1, for our endpoint and notebooks' servers; localhost would match ``*.execute-api.localhost`` too."""
    return no_proxy if "127.0.0.1" in _entries(no_proxy) else ",".join(filter(None, [no_proxy, "127.0.0.1"]))
