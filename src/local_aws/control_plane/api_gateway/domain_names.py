"""Custom domain names of WebSocket APIs, and what they are mapped to (spec 229, 259–261, 273).

moto 5.2.5 cannot update either, knows no certificate, and gives ids that two mappings can share; so they live here.
Written on the control plane's one thread; ``mappings`` may be asked from any.
"""

import copy
import re
import secrets
import string
from collections.abc import Mapping
from typing import Any

from local_aws.control_plane.api_gateway import assumptions
from local_aws.control_plane.api_gateway.documents import Document
from local_aws.control_plane.api_gateway.resource_kinds import KINDS
from local_aws.control_plane.api_gateway.store import WebSocketApis
from local_aws.control_plane.api_gateway.validation import BadRequest, Conflict, NotFound

__all__ = ["DomainNames"]

_DOMAIN = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE = re.compile(r"arn:[\w-]+:(acm|iam):[\w-]*:\d{12}:(certificate|server-certificate)/.+")
_KEY = re.compile(r"[A-Za-z0-9$\-_.+!*'()/]{0,300}")

_CONFIGURATION_FIELDS = ("certificateArn", "certificateName", "endpointType", "ipAddressType", "securityPolicy")

HOSTED_ZONES = {  # of regional endpoints: "Amazon API Gateway endpoints and quotas" in the AWS general reference
    "us-east-1": "Z1UJRXOUMOOFQ8",
    "us-east-2": "ZOJJZC49E0EPZ",
    "us-west-2": "Z2OJLYMUO9EFXC",
    "eu-west-1": "ZLY8HYME6SFDD",
    "eu-central-1": "Z1U9ULNL0V5AJ3",
}


class DomainNames:
    """The custom domain names of one account and region. All documents are the API's camelCase JSON.

    Raises the classes of ``refusals``.
    """

    def __init__(self, apis: WebSocketApis) -> None:
        self.apis = apis
        self._domains: dict[str, Document] = {}
        self._mappings: dict[str, dict[str, Document]] = {}
        self._published: Mapping[str, Mapping[str, tuple[str, str]]] = {}

    # asked from any thread

    def mappings(self, host: str) -> Mapping[str, tuple[str, str]] | None:
        """Mapping key → API id and stage of the domain name that covers a host; None when none does."""
        found = self._published.get(host)
        return found if found is not None else self._published.get("*." + host.partition(".")[2])

    # domain names

    def create(self, fields: Mapping[str, Any]) -> Document:
        """Make a domain name; it needs a certificate, which is not looked at: the embedded AWS makes its own."""
        name = str(fields.get("domainName") or "").lower()
        if not _DOMAIN.fullmatch(name):
            raise BadRequest(assumptions.DOMAIN_NAME_INVALID)
        configuration = self._configuration(fields.get("domainNameConfigurations"), {})
        if name in self._domains:
            raise Conflict(assumptions.DOMAIN_NAME_TAKEN)
        region = self.apis.region
        document: Document = {
            "apiMappingSelectionExpression": "$request.basepath",  # fixed (spec 261)
            "domainName": name,
            "domainNameArn": f"arn:aws:apigateway:{region}::/domainnames/{name}",
            "domainNameConfigurations": [configuration],
            "routingMode": fields.get("routingMode") or "API_MAPPING_ONLY",
            "tags": dict(fields.get("tags") or {}),
        }
        if fields.get("mutualTlsAuthentication"):
            document["mutualTlsAuthentication"] = dict(fields["mutualTlsAuthentication"])
        self._domains[name] = document
        self._mappings[name] = {}
        self._publish()
        return copy.deepcopy(document)

    def get(self, name: str) -> Document:
        """One domain name."""
        return copy.deepcopy(self._domain(name))

    def all(self) -> list[Document]:
        """All of them."""
        return copy.deepcopy(list(self._domains.values()))

    def update(self, name: str, fields: Mapping[str, Any]) -> Document:
        """Change what is given: its certificate, mutual TLS, tags."""
        document = self._domain(name)
        changed = {key: fields[key] for key in ("routingMode", "tags", "mutualTlsAuthentication") if fields.get(key)}
        if "domainNameConfigurations" in fields:
            old = document["domainNameConfigurations"][0]
            changed["domainNameConfigurations"] = [self._configuration(fields["domainNameConfigurations"], old)]
        if changed.get("mutualTlsAuthentication") and self._mappings[document["domainName"]]:
            raise _no_mutual_tls()
        document |= copy.deepcopy(changed)
        return copy.deepcopy(document)

    def delete(self, name: str) -> None:
        """Delete it with its mappings."""
        domain = self._domain(name)["domainName"]
        del self._domains[domain], self._mappings[domain]
        self._publish()

    # mappings

    def create_mapping(self, name: str, fields: Mapping[str, Any]) -> Document:
        """Map a stage of a WebSocket API to a path of the domain; the empty key is the path of all else."""
        held = self._mappings[self._domain(name)["domainName"]]
        document = self._checked(name, {**fields, "apiMappingKey": fields.get("apiMappingKey") or ""}, held)
        document["apiMappingId"] = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))
        held[document["apiMappingId"]] = document
        self._publish()
        return copy.deepcopy(document)

    def get_mapping(self, name: str, identifier: str) -> Document:
        """One mapping."""
        return copy.deepcopy(self._mapping(name, identifier))

    def all_mappings(self, name: str) -> list[Document]:
        """The mappings of a domain name."""
        return copy.deepcopy(list(self._mappings[self._domain(name)["domainName"]].values()))

    def update_mapping(self, name: str, identifier: str, fields: Mapping[str, Any]) -> Document:
        """Change what is given: key, API, stage."""
        old = self._mapping(name, identifier)
        held = self._mappings[self._domain(name)["domainName"]]
        given = {key: value for key, value in fields.items() if value is not None}
        others = {key: each for key, each in held.items() if key != identifier}
        held[identifier] = {**self._checked(name, {**old, **given}, others), "apiMappingId": identifier}
        self._publish()
        return copy.deepcopy(held[identifier])

    def delete_mapping(self, name: str, identifier: str) -> None:
        """Delete one mapping."""
        self._mapping(name, identifier)
        del self._mappings[self._domain(name)["domainName"]][identifier]
        self._publish()

    def _checked(self, name: str, fields: Mapping[str, Any], others: Mapping[str, Document]) -> Document:
        key, api_id, stage = (str(fields.get(field) or "") for field in ("apiMappingKey", "apiId", "stage"))
        if not _KEY.fullmatch(key):
            raise BadRequest(assumptions.MAPPING_KEY_CHARACTERS)
        if key.startswith("/") or key.endswith("/") or "//" in key:
            raise BadRequest(assumptions.MAPPING_KEY_SLASHES)
        self.apis.get(api_id, KINDS["Stage"], stage)
        if self._domain(name).get("mutualTlsAuthentication"):
            raise _no_mutual_tls()
        if any(each["apiMappingKey"] == key for each in others.values()):
            raise Conflict(assumptions.MAPPING_KEY_TAKEN)
        return {"apiId": api_id, "apiMappingKey": key, "stage": stage}

    def _configuration(self, given: Any, old: Mapping[str, Any]) -> Document:
        if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
            raise BadRequest(assumptions.DOMAIN_NAME_CONFIGURATION)
        configuration = {**old, **{key: given[0][key] for key in _CONFIGURATION_FIELDS if given[0].get(key)}}
        if not _CERTIFICATE.fullmatch(str(configuration.get("certificateArn") or "")):
            raise BadRequest(assumptions.DOMAIN_NAME_CERTIFICATE)
        if configuration.setdefault("endpointType", "REGIONAL") != "REGIONAL":
            raise BadRequest(assumptions.DOMAIN_NAME_ENDPOINT)  # spec 44
        if configuration.setdefault("securityPolicy", "TLS_1_2") != "TLS_1_2":  # spec 3
            raise BadRequest(assumptions.DOMAIN_NAME_SECURITY)
        configuration.setdefault("ipAddressType", "ipv4")
        region, label = self.apis.region, secrets.token_hex(5)
        configuration.setdefault("apiGatewayDomainName", f"d-{label}.execute-api.{region}.amazonaws.com")
        if region in HOSTED_ZONES:  # elsewhere left out: another region's would be a wrong answer
            configuration.setdefault("hostedZoneId", HOSTED_ZONES[region])
        configuration.setdefault("domainNameStatus", "AVAILABLE")
        return configuration

    def _domain(self, name: str) -> Document:
        document = self._domains.get(name.lower())
        if document is None:
            raise NotFound(assumptions.DOMAIN_NAME_INVALID)
        return document

    def _mapping(self, name: str, identifier: str) -> Document:
        document = self._mappings[self._domain(name)["domainName"]].get(identifier)
        if document is None:
            raise NotFound(assumptions.MAPPING_NOT_FOUND)
        return document

    def _publish(self) -> None:
        self._published = {
            name: {each["apiMappingKey"]: (each["apiId"], each["stage"]) for each in held.values()}
            for name, held in self._mappings.items()
        }


def _no_mutual_tls() -> BadRequest:
    """Spec 229: AWS documents it for HTTP and REST APIs only."""
    return BadRequest(assumptions.DOMAIN_NAME_MUTUAL_TLS)
