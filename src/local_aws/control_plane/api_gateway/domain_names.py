"""Custom domain names of WebSocket APIs, and their API mappings (spec 229, 259–261, 273).

moto 5.2.5 cannot update either, ignores certificates, and can give two mappings the same id; so they are kept here.
Only the control plane's thread changes them; ``mappings`` may be called from any thread.
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

    Methods raise the exceptions of ``validation``.
    """

    def __init__(self, apis: WebSocketApis) -> None:
        self.apis = apis
        self._domains: dict[str, Document] = {}
        self._mappings: dict[str, dict[str, Document]] = {}
        self._published: Mapping[str, Mapping[str, tuple[str, str]]] = {}

    # called from any thread

    def mappings(self, host: str) -> Mapping[str, tuple[str, str]] | None:
        """Mapping key → (API id, stage) of the domain name that covers a host; None if none does."""
        found = self._published.get(host)
        return found if found is not None else self._published.get("*." + host.partition(".")[2])

    # domain names

    def create(self, fields: Mapping[str, Any]) -> Document:
        """Create a domain name. It needs a certificate's ARN, but the embedded AWS creates a certificate of its own."""
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
        """All domain names."""
        return copy.deepcopy(list(self._domains.values()))

    def update(self, name: str, fields: Mapping[str, Any]) -> Document:
        """Change the given fields: certificate, mutual TLS, tags, routing mode."""
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
        """Delete a domain name and its mappings."""
        domain = self._domain(name)["domainName"]
        del self._domains[domain], self._mappings[domain]
        self._publish()

    # mappings

    def create_mapping(self, name: str, fields: Mapping[str, Any]) -> Document:
        """Map a path of the domain to a stage of a WebSocket API; the empty key covers all other paths."""
        mappings = self._mappings[self._domain(name)["domainName"]]
        document = self._valid_mapping(name, {**fields, "apiMappingKey": fields.get("apiMappingKey") or ""}, mappings)
        document["apiMappingId"] = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))
        mappings[document["apiMappingId"]] = document
        self._publish()
        return copy.deepcopy(document)

    def get_mapping(self, name: str, identifier: str) -> Document:
        """One mapping."""
        return copy.deepcopy(self._mapping(name, identifier))

    def all_mappings(self, name: str) -> list[Document]:
        """The mappings of a domain name."""
        return copy.deepcopy(list(self._mappings[self._domain(name)["domainName"]].values()))

    def update_mapping(self, name: str, identifier: str, fields: Mapping[str, Any]) -> Document:
        """Change the given fields: key, API, stage."""
        old = self._mapping(name, identifier)
        mappings = self._mappings[self._domain(name)["domainName"]]
        given = {key: value for key, value in fields.items() if value is not None}
        others = {key: each for key, each in mappings.items() if key != identifier}
        mappings[identifier] = {**self._valid_mapping(name, {**old, **given}, others), "apiMappingId": identifier}
        self._publish()
        return copy.deepcopy(mappings[identifier])

    def delete_mapping(self, name: str, identifier: str) -> None:
        """Delete one mapping."""
        self._mapping(name, identifier)
        del self._mappings[self._domain(name)["domainName"]][identifier]
        self._publish()

    def _valid_mapping(self, name: str, fields: Mapping[str, Any], others: Mapping[str, Document]) -> Document:
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
        if region in HOSTED_ZONES:  # left out for other regions: a wrong id is worse than none
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
            name: {each["apiMappingKey"]: (each["apiId"], each["stage"]) for each in mappings.values()}
            for name, mappings in self._mappings.items()
        }


def _no_mutual_tls() -> BadRequest:
    """The error for mutual TLS, which AWS documents for HTTP and REST APIs only (spec 229)."""
    return BadRequest(assumptions.DOMAIN_NAME_MUTUAL_TLS)
