"""What a person's environment must have, and must not have, for an embedded AWS to be reached and to run.

Decisions on mappings; nothing here reads or changes the environment of a process.

https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

import os
import re
from collections.abc import Mapping

__all__ = ["is_misleading", "own_variables", "shell_changes", "without_aws_hosts"]

NO_CONFIGURATION = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""In place of a person's ~/.aws, which may name another account, another endpoint, or may be unreadable."""

_MISLEADING = re.compile(
    # Another identity. osls also reads AWS_DEV_PROFILE, AWS_DEV_ACCESS_KEY_ID and the like, one for each stage.
    r"AWS_([A-Z0-9_]+_)?(PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)"
    r"|AWS_(SECURITY_TOKEN|CREDENTIAL_EXPIRATION|CREDENTIAL_FILE|ACCOUNT_ID|ACCOUNT_ID_ENDPOINT_MODE)"
    r"|AWS_(ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|SDK_LOAD_CONFIG)|AWS_CONTAINER_[A-Z0-9_]+|BOTO_CONFIG"
    # Another endpoint, for all services or for one.
    r"|AWS_ENDPOINT_URL(_[A-Z0-9_]+)?|AWS_IGNORE_CONFIGURED_ENDPOINT_URLS|AWS_USE_(FIPS|DUALSTACK)_ENDPOINT"
)

_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "amazonwebservices.com")

_OTHER_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")

_BEFORE_HTTPS_PROXY = {
    # osls takes the first of these three for its calls of AWS, and never reads NO_PROXY; nothing else reads "proxy".
    "proxy": ("proxy", "HTTP_PROXY", "http_proxy"),
    # websockets takes these for wss:// (RFC 6455 prefers SOCKS).
    "wss_proxy": ("wss_proxy", "WSS_PROXY", "socks_proxy", "SOCKS_PROXY"),
}
"""The variable that wins over those named behind it, which some client prefers to HTTPS_PROXY."""


def is_misleading(name: str) -> bool:
    """Whether a variable can give AWS tools another identity or endpoint than ours."""
    return _MISLEADING.fullmatch(name) is not None


def own_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the embedded AWS itself: a person's, without the AWS configuration that boto3 would read."""
    kept = {name: value for name, value in environment.items() if not is_misleading(name)}
    return {**kept, **NO_CONFIGURATION}


def shell_changes(exports: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str | None]:
    """What a shell of that environment must export, beside ``exports``, and must unset (None), for all to lead to us.

    ``exports`` hold HTTPS_PROXY. Plain HTTP to other hosts goes on through the proxy that it went through.
    """
    changes: dict[str, str | None] = {name: None for name in environment if is_misleading(name)}
    if "https_proxy" in environment:
        changes["https_proxy"] = None
    changes |= NO_CONFIGURATION
    changes |= exports
    for winner, others in _BEFORE_HTTPS_PROXY.items():
        if any(environment.get(name) for name in others):
            changes[winner] = exports["HTTPS_PROXY"]
    # Where both are set, Python and curl take the lower case one: each keeps its own.
    lower = environment.get("no_proxy", "")
    changes["NO_PROXY"] = _with_loopback(without_aws_hosts(environment.get("NO_PROXY") or lower))
    if lower:
        changes["no_proxy"] = _with_loopback(without_aws_hosts(lower))
    if "*" in _entries(lower or environment.get("NO_PROXY", "")):  # until now no proxy was used: let none be used now
        changes |= {name: None for name in _OTHER_PROXIES if name in environment}
    return changes


def without_aws_hosts(no_proxy: str) -> str:
    """A value of NO_PROXY without the entries that match a host of AWS, such as ``*`` or ``.amazonaws.com``.

    Those would lead clients past our proxy, to the real AWS. The other entries stay, as they are and in their order.
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
    """Our endpoint is there, and what notebooks serve. "localhost" would match ``*.execute-api.localhost`` as well."""
    return no_proxy if "127.0.0.1" in _entries(no_proxy) else ",".join(filter(None, [no_proxy, "127.0.0.1"]))
