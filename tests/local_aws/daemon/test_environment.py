"""What a shell must export and unset so that AWS tools in it reach the embedded AWS."""

import urllib.request

import pytest

from local_aws.daemon.environment import is_misleading, own_variables, shell_changes, without_aws_hosts

OURS = "http://127.0.0.1:4566"
EXPORTS = {"HTTPS_PROXY": OURS, "AWS_ENDPOINT_URL": OURS, "AWS_ACCESS_KEY_ID": "key"}
NO_CONFIGURATION = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
USUAL = {**NO_CONFIGURATION, **EXPORTS, "NO_PROXY": "127.0.0.1"}


def test_an_empty_environment() -> None:
    """No configuration of the person is read, and loopback is reached without a proxy."""
    assert USUAL == shell_changes(EXPORTS, {})


@pytest.mark.parametrize(
    "name",
    [
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_DEV_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_SECURITY_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_ENDPOINT_URL_DYNAMODB",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "https_proxy",
    ],
)
def test_what_would_win_is_unset(name: str) -> None:
    """Variables of another identity or endpoint are unset, and the lower case twin of our proxy."""
    assert {**USUAL, name: None} == shell_changes(EXPORTS, {name: "theirs"})


@pytest.mark.parametrize("name", ["AWS_PAGER", "AWS_DEFAULT_OUTPUT", "AWS_MAX_ATTEMPTS", "MY_PROFILE", "AWS_x;rm"])
def test_what_leads_nowhere_stays(name: str) -> None:
    """Variables of AWS that lead to no other account, and those of other programs, stay."""
    assert not is_misleading(name)


def test_the_embedded_aws_itself_has_no_configuration() -> None:
    """Its own boto3 reads neither a profile nor ~/.aws."""
    theirs = {"AWS_PROFILE": "work", "AWS_CONFIG_FILE": "/broken", "HTTPS_PROXY": "http://proxy:3128", "HOME": "/h"}
    assert {"HTTPS_PROXY": "http://proxy:3128", "HOME": "/h", **NO_CONFIGURATION} == own_variables(theirs)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "proxy"])
def test_osls_is_led_to_us(name: str) -> None:
    """osls prefers "proxy" to all others; the proxy for plain HTTP stays, for other hosts."""
    assert {**USUAL, "proxy": OURS} == shell_changes(EXPORTS, {name: "http://proxy:3128"})


@pytest.mark.parametrize("name", ["wss_proxy", "WSS_PROXY", "SOCKS_PROXY"])
def test_websockets_is_led_to_us(name: str) -> None:
    """websockets prefers "wss_proxy" to all others."""
    assert {**USUAL, "wss_proxy": OURS} == shell_changes(EXPORTS, {name: "http://proxy:3128"})


@pytest.mark.parametrize(
    ("entries", "kept"),
    [
        ("", ""),
        ("*", ""),
        (".amazonaws.com", ""),
        ("amazonaws.com,intranet", "intranet"),
        ("*.amazonaws.com, .intranet:8080 10.0.0.0/8", ".intranet:8080,10.0.0.0/8"),
        ("execute-api.eu-west-3.amazonaws.com:443", ""),
        (".AmazonAWS.com.", ""),
        (".com", ""),
        ("api.aws,.aws", ""),
        ("intranet, localhost", "intranet, localhost"),
        (
            "notamazonaws.com,amazonaws.com.example.org,aws.amazon.com",
            "notamazonaws.com,amazonaws.com.example.org,aws.amazon.com",
        ),
    ],
)
def test_entries_of_no_proxy_that_match_aws_go(entries: str, kept: str) -> None:
    """Entries that match hosts of AWS are removed; the others stay, in their order."""
    assert kept == without_aws_hosts(entries)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"NO_PROXY": ".amazonaws.com,a"}, {"NO_PROXY": "a,127.0.0.1"}),
        ({"no_proxy": ".amazonaws.com,a"}, {"NO_PROXY": "a,127.0.0.1", "no_proxy": "a,127.0.0.1"}),
        ({"NO_PROXY": "a", "no_proxy": "*"}, {"NO_PROXY": "a,127.0.0.1", "no_proxy": "127.0.0.1"}),
        ({"NO_PROXY": "127.0.0.1,a"}, {"NO_PROXY": "127.0.0.1,a"}),
    ],
)
def test_both_cases_of_no_proxy(theirs: dict[str, str], ours: dict[str, str]) -> None:
    """NO_PROXY and no_proxy keep their own entries, because clients differ in which they use."""
    assert {**USUAL, **ours} == shell_changes(EXPORTS, theirs)


@pytest.mark.parametrize("star", ["NO_PROXY", "no_proxy"])
def test_who_used_no_proxy_uses_none(star: str) -> None:
    """If ``*`` kept plain HTTP from a proxy, the variable of that proxy is unset together with the ``*``."""
    changes = shell_changes(EXPORTS, {star: "*", "HTTP_PROXY": "http://proxy:3128"})
    assert None is changes["HTTP_PROXY"]
    assert OURS == changes["proxy"]


@pytest.mark.parametrize("entries", ["*", ".amazonaws.com", "amazonaws.com"])
def test_python_goes_through_our_proxy(monkeypatch: pytest.MonkeyPatch, entries: str) -> None:
    """urllib, which prefers the lower case variables, uses our proxy."""
    for name, value in shell_changes(EXPORTS, {"no_proxy": entries}).items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    assert not urllib.request.proxy_bypass_environment("a1.execute-api.us-east-1.amazonaws.com:443")  # type: ignore[attr-defined]
    assert urllib.request.proxy_bypass_environment("127.0.0.1:4566")  # type: ignore[attr-defined]
