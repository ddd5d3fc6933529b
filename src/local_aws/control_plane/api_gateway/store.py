"""The WebSocket APIs of one account and region: what is configured, and what is deployed.

moto 5.2.5 knows WebSocket APIs as far as routes and integrations, without deployments, with half of the fields
and with ``null`` where AWS has nothing; so WebSocket APIs live here, and HTTP APIs stay with moto.

Written on the control plane's one thread. ``deployed`` and ``exists`` may be asked from any thread: what they
read is replaced whole, never changed.
"""

import copy
from collections.abc import Mapping
from typing import Any

from local_aws.control_plane.api_gateway import assumptions
from local_aws.control_plane.api_gateway.account import cloudwatch_role
from local_aws.control_plane.api_gateway.api import ApiParts
from local_aws.control_plane.api_gateway.constraints import check_quota, check_relations, not_found
from local_aws.control_plane.api_gateway.documents import (
    Document,
    changed_document,
    check_auto_deploy,
    complete_integration,
    complete_stage,
    new_document,
    new_identifier,
    now,
)
from local_aws.control_plane.api_gateway.resource_kinds import KINDS, KINDS_BY_COLLECTION, ResourceKind
from local_aws.control_plane.api_gateway.validation import BadRequest, NotFound, check, check_logging, no_routes

__all__ = ["WebSocketApis"]


class WebSocketApis:
    """Create, read, update and delete every kind of ``kinds``; deploy; say what is deployed.

    All documents are the API's own camelCase JSON. Raises the classes of ``refusals``.
    """

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self._apis: dict[str, ApiParts] = {}
        self._deployed: Mapping[tuple[str, str], Document] = {}

    # asked from any thread

    def exists(self, api_id: str) -> bool:
        """Whether there is a WebSocket API of that id."""
        return api_id in self._apis

    def deployed(self, api_id: str, stage_name: str) -> Document | None:
        """What clients of that stage get, or None (spec 230); the same object as long as nothing changed."""
        return self._deployed.get((api_id, stage_name))

    # the APIs

    def create_api(self, fields: Mapping[str, Any]) -> Document:
        """Make an API and answer it (spec 243, 244)."""
        kind = KINDS["Api"]
        api_id = new_identifier(kind, self._apis)
        document = {
            **new_document(kind, fields),
            "apiId": api_id,
            "apiEndpoint": f"wss://{api_id}.execute-api.{self.region}.amazonaws.com",
            "createdDate": now(),
        }
        check("Api", document)
        self._apis = {**self._apis, api_id: ApiParts(document)}
        return copy.deepcopy(document)

    def get_api(self, api_id: str) -> Document:
        """The API's own document."""
        return copy.deepcopy(self._api(api_id).document)

    def list_apis(self) -> list[Document]:
        """All of them, in the order of their making."""
        return [copy.deepcopy(api.document) for api in self._apis.values()]

    def update_api(self, api_id: str, fields: Mapping[str, Any], *, whole: bool = False) -> Document:
        """Change the given fields; with ``whole``, those not given go back to their defaults."""
        api = self._api(api_id)
        document = changed_document(KINDS["Api"], api.document, fields, whole)
        check("Api", document)
        api.document = document
        self._after_change(api_id)
        return copy.deepcopy(document)

    def delete_api(self, api_id: str) -> None:
        """Delete the API with all that it holds."""
        self._api(api_id)
        self._apis = {other: api for other, api in self._apis.items() if other != api_id}
        self._publish(api_id)

    # what an API holds

    def create(self, api_id: str, kind: ResourceKind, fields: Mapping[str, Any], parent: str = "") -> Document:
        """Make one of ``kind`` in the API, below ``parent`` where the kind has one."""
        if kind.name == "Deployment":
            return self._create_deployment(api_id, fields)
        api = self._api(api_id)
        siblings = self._siblings(api, kind, parent)
        document = new_document(kind, fields)
        if kind.name == "Integration":
            complete_integration(document)
        if kind.name == "Stage":
            if document.get("autoDeploy"):
                check_auto_deploy(fields)
            complete_stage(document)
            document |= {"createdDate": now(), "lastUpdatedDate": now()}
        else:
            document[kind.identifier] = new_identifier(kind, siblings)
        check(kind.name, document)
        self._check_beside(api, kind, document, siblings)
        check_quota(kind, siblings)
        siblings[document[kind.identifier]] = document
        if document.get("autoDeploy"):
            self._auto_deploy(api, document)
        self._after_change(api_id, kind)
        return copy.deepcopy(document)

    def get(self, api_id: str, kind: ResourceKind, identifier: str, parent: str = "") -> Document:
        """One of ``kind``."""
        return copy.deepcopy(self._part(self._api(api_id), kind, identifier, parent))

    def all_of(self, api_id: str, kind: ResourceKind, parent: str = "") -> list[Document]:
        """All of ``kind``, in the order of their making."""
        return [copy.deepcopy(each) for each in self._siblings(self._api(api_id), kind, parent).values()]

    def update(
        self,
        api_id: str,
        kind: ResourceKind,
        identifier: str,
        fields: Mapping[str, Any],
        parent: str = "",
        *,
        whole: bool = False,
    ) -> Document:
        """Change the given fields of one; with ``whole``, those not given go back to their defaults."""
        api = self._api(api_id)
        old = self._part(api, kind, identifier, parent)
        document = changed_document(kind, old, fields, whole)
        if kind.name == "Stage" and document.get("autoDeploy"):
            check_auto_deploy(fields)
            document |= {key: old[key] for key in ("deploymentId",) if key in old}
        if kind.name == "Integration":
            complete_integration(document)
        if kind.name == "Stage":
            document["stageName"] = identifier
            document["lastUpdatedDate"] = now()
            complete_stage(document)
        check(kind.name, document)
        siblings = self._siblings(api, kind, parent)
        others = {name: each for name, each in siblings.items() if name != identifier}
        self._check_beside(api, kind, document, others)
        siblings[identifier] = document
        if document.get("autoDeploy") and not old.get("autoDeploy"):
            self._auto_deploy(api, document)
        self._after_change(api_id, kind)
        return copy.deepcopy(document)

    def delete(self, api_id: str, kind: ResourceKind, identifier: str, parent: str = "") -> None:
        """Delete one, with what lies below it."""
        api = self._api(api_id)
        self._part(api, kind, identifier, parent)
        if kind.name == "Deployment":
            if any(stage.get("deploymentId") == identifier for stage in api.of("stages").values()):
                raise BadRequest(assumptions.DEPLOYMENT_IN_USE)
            api.snapshots.pop(identifier, None)
        del self._siblings(api, kind, parent)[identifier]
        for below in KINDS.values():
            if below.parent == kind.collection:
                api.parts.pop((below.collection, identifier), None)
        self._after_change(api_id, kind)

    # deployments

    def _create_deployment(self, api_id: str, fields: Mapping[str, Any]) -> Document:
        api = self._api(api_id)
        stage_name = fields.get("stageName")
        stage = self._part(api, KINDS["Stage"], stage_name) if stage_name else None
        if stage is not None and stage.get("autoDeploy"):
            check_auto_deploy({"deploymentId": "by hand"})
        document = self._deploy(api, fields, auto=False)
        if stage is not None:
            stage["deploymentId"] = document["deploymentId"]
            stage["lastUpdatedDate"] = now()
        self._publish(api_id)
        return copy.deepcopy(document)

    def _deploy(self, api: ApiParts, fields: Mapping[str, Any], *, auto: bool) -> Document:
        if not api.of("routes"):
            raise no_routes()
        kind = KINDS["Deployment"]
        document = {
            **new_document(kind, fields),
            "autoDeployed": auto,
            "createdDate": now(),
            "deploymentId": new_identifier(kind, api.of("deployments")),
            "deploymentStatus": "DEPLOYED",
        }
        api.of("deployments")[document["deploymentId"]] = document
        api.snapshots[document["deploymentId"]] = api.snapshot()
        return document

    def _auto_deploy(self, api: ApiParts, stage: Document) -> None:
        """A stage with autoDeploy follows the API (spec 234)."""
        try:
            deployment = self._deploy(api, {"description": assumptions.AUTO_DEPLOYMENT_WHY}, auto=True)
        except BadRequest as refusal:
            stage["lastDeploymentStatusMessage"] = f"Deployment attempt failed: {refusal}"
        else:
            stage["deploymentId"] = deployment["deploymentId"]
            stage["lastDeploymentStatusMessage"] = assumptions.AUTO_DEPLOYMENT_DONE.format(
                deployment_id=deployment["deploymentId"]
            )

    def _after_change(self, api_id: str, kind: ResourceKind | None = None) -> None:
        api = self._api(api_id)
        if kind is None or kind.frozen:
            for stage in api.of("stages").values():
                if stage.get("autoDeploy"):
                    self._auto_deploy(api, stage)
        self._publish(api_id)

    def _publish(self, api_id: str) -> None:
        """Replace what ``deployed`` reads, keeping every object that says the same as before."""
        deployed = {key: value for key, value in self._deployed.items() if key[0] != api_id}
        api = self._apis.get(api_id)
        for stage in api.of("stages").values() if api is not None else ():
            key = (api_id, stage["stageName"])
            now_served = api.served(stage) if api is not None else None
            if now_served is not None:
                before = self._deployed.get(key)
                deployed[key] = before if before is not None and before == now_served else now_served
        self._deployed = deployed

    # finding

    def _api(self, api_id: str) -> ApiParts:
        api = self._apis.get(api_id)
        if api is None:
            raise NotFound(f"Invalid API identifier specified {self.account_id}:{api_id}", resourceType="Api")
        return api

    def _siblings(self, api: ApiParts, kind: ResourceKind, parent: str) -> dict[str, Document]:
        if kind.parent is not None and parent not in api.of(kind.parent):
            raise not_found(KINDS_BY_COLLECTION[kind.parent])
        return api.of(kind.collection, parent if kind.parent is not None else "")

    def _part(self, api: ApiParts, kind: ResourceKind, identifier: str, parent: str = "") -> Document:
        document = self._siblings(api, kind, parent).get(identifier)
        if document is None:
            raise not_found(kind)
        return document

    def _check_beside(
        self, api: ApiParts, kind: ResourceKind, document: Document, others: Mapping[str, Document]
    ) -> None:
        check_relations(api, kind, document, others)
        if kind.name == "Stage":
            check_logging(document, cloudwatch_role(self.account_id, self.region))
