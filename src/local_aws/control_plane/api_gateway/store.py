"""The WebSocket APIs of one account and region: what is configured, and what is deployed.

moto 5.2.5 has routes and integrations of WebSocket APIs, but no deployments, half of the fields, and ``null`` where AWS
omits a member; so WebSocket APIs are kept here, and HTTP APIs in moto.

Only the control plane's thread changes them. ``deployed`` and ``exists`` may be called from any thread: the mappings
that they read are replaced, never modified.
"""

import copy
from collections.abc import Mapping
from typing import Any

from local_aws.control_plane.api_gateway import assumptions
from local_aws.control_plane.api_gateway.account import cloudwatch_role
from local_aws.control_plane.api_gateway.api import ApiParts
from local_aws.control_plane.api_gateway.constraints import check_constraints, check_quota, not_found
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
    """Creates, reads, updates and deletes resources of all ``KINDS``, and deploys APIs.

    All documents are the API's own camelCase JSON. Methods raise the exceptions of ``validation``.
    """

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self._apis: dict[str, ApiParts] = {}
        self._deployed: Mapping[tuple[str, str], Document] = {}

    # called from any thread

    def exists(self, api_id: str) -> bool:
        """Whether there is a WebSocket API with that id."""
        return api_id in self._apis

    def deployed(self, api_id: str, stage_name: str) -> Document | None:
        """What the stage serves, or None (spec 230); the same object until something changes."""
        return self._deployed.get((api_id, stage_name))

    # the APIs

    def create_api(self, fields: Mapping[str, Any]) -> Document:
        """Create an API and return its document (spec 243, 244)."""
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
        """The documents of all APIs, oldest first."""
        return [copy.deepcopy(api.document) for api in self._apis.values()]

    def update_api(self, api_id: str, fields: Mapping[str, Any], *, whole: bool = False) -> Document:
        """Change the given fields; with ``whole``, fields that are not given go back to their defaults."""
        api = self._api(api_id)
        document = changed_document(KINDS["Api"], api.document, fields, whole)
        check("Api", document)
        api.document = document
        self._after_change(api_id)
        return copy.deepcopy(document)

    def delete_api(self, api_id: str) -> None:
        """Delete the API and all its parts."""
        self._api(api_id)
        self._apis = {other: api for other, api in self._apis.items() if other != api_id}
        self._publish(api_id)

    # the parts of an API

    def create(self, api_id: str, kind: ResourceKind, fields: Mapping[str, Any], parent: str = "") -> Document:
        """Create a resource of ``kind`` in the API, below ``parent`` if the kind has a parent."""
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
        self._check_constraints(api, kind, document, siblings)
        check_quota(kind, siblings)
        siblings[document[kind.identifier]] = document
        if document.get("autoDeploy"):
            self._auto_deploy(api, document)
        self._after_change(api_id, kind)
        return copy.deepcopy(document)

    def get(self, api_id: str, kind: ResourceKind, identifier: str, parent: str = "") -> Document:
        """The document of one resource."""
        return copy.deepcopy(self._part(self._api(api_id), kind, identifier, parent))

    def all_of(self, api_id: str, kind: ResourceKind, parent: str = "") -> list[Document]:
        """The documents of all resources of ``kind``, oldest first."""
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
        """Change the given fields of one; with ``whole``, fields that are not given go back to their defaults."""
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
        self._check_constraints(api, kind, document, others)
        siblings[identifier] = document
        if document.get("autoDeploy") and not old.get("autoDeploy"):
            self._auto_deploy(api, document)
        self._after_change(api_id, kind)
        return copy.deepcopy(document)

    def delete(self, api_id: str, kind: ResourceKind, identifier: str, parent: str = "") -> None:
        """Delete a resource and its children."""
        api = self._api(api_id)
        self._part(api, kind, identifier, parent)
        if kind.name == "Deployment":
            if any(stage.get("deploymentId") == identifier for stage in api.documents("stages").values()):
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
        if not api.documents("routes"):
            raise no_routes()
        kind = KINDS["Deployment"]
        document = {
            **new_document(kind, fields),
            "autoDeployed": auto,
            "createdDate": now(),
            "deploymentId": new_identifier(kind, api.documents("deployments")),
            "deploymentStatus": "DEPLOYED",
        }
        api.documents("deployments")[document["deploymentId"]] = document
        api.snapshots[document["deploymentId"]] = api.snapshot()
        return document

    def _auto_deploy(self, api: ApiParts, stage: Document) -> None:
        """Deploy the API to a stage with autoDeploy; a failure is noted in the stage (spec 234)."""
        try:
            deployment = self._deploy(api, {"description": assumptions.AUTO_DEPLOYMENT_DESCRIPTION}, auto=True)
        except BadRequest as error:
            stage["lastDeploymentStatusMessage"] = f"Deployment attempt failed: {error}"
        else:
            stage["deploymentId"] = deployment["deploymentId"]
            stage["lastDeploymentStatusMessage"] = assumptions.AUTO_DEPLOYMENT_SUCCEEDED.format(
                deployment_id=deployment["deploymentId"]
            )

    def _after_change(self, api_id: str, kind: ResourceKind | None = None) -> None:
        api = self._api(api_id)
        if kind is None or kind.frozen:
            for stage in api.documents("stages").values():
                if stage.get("autoDeploy"):
                    self._auto_deploy(api, stage)
        self._publish(api_id)

    def _publish(self, api_id: str) -> None:
        """Replace the mapping that ``deployed`` reads; entries that have not changed stay the same object."""
        deployed = {key: value for key, value in self._deployed.items() if key[0] != api_id}
        api = self._apis.get(api_id)
        for stage in api.documents("stages").values() if api is not None else ():
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
        if kind.parent is not None and parent not in api.documents(kind.parent):
            raise not_found(KINDS_BY_COLLECTION[kind.parent])
        return api.documents(kind.collection, parent if kind.parent is not None else "")

    def _part(self, api: ApiParts, kind: ResourceKind, identifier: str, parent: str = "") -> Document:
        document = self._siblings(api, kind, parent).get(identifier)
        if document is None:
            raise not_found(kind)
        return document

    def _check_constraints(
        self, api: ApiParts, kind: ResourceKind, document: Document, others: Mapping[str, Document]
    ) -> None:
        check_constraints(api, kind, document, others)
        if kind.name == "Stage":
            check_logging(document, cloudwatch_role(self.account_id, self.region))
