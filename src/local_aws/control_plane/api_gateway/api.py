"""One WebSocket API with its parts (routes, integrations, stages, …) and the snapshots of its deployments."""

import copy
from dataclasses import dataclass, field

from local_aws.control_plane.api_gateway.documents import Document

__all__ = ["ApiParts"]

FROZEN_API_FIELDS = (  # fields of the API itself that take effect with the next deployment (spec 24, 231)
    "apiKeySelectionExpression",
    "disableExecuteApiEndpoint",
    "disableSchemaValidation",
    "routeSelectionExpression",
)


@dataclass
class ApiParts:
    """``document`` is the API's own; ``parts`` maps (collection, parent id) to identifier → document.

    ``snapshots`` maps a deployment's id to what it froze.
    """

    document: Document
    parts: dict[tuple[str, str], dict[str, Document]] = field(default_factory=dict)
    snapshots: dict[str, Document] = field(default_factory=dict)

    def documents(self, collection: str, parent: str = "") -> dict[str, Document]:
        """Identifier → document of one collection; callers may change it."""
        return self.parts.setdefault((collection, parent), {})

    def snapshot(self) -> Document:
        """A copy of everything that a deployment freezes (spec 232)."""
        return copy.deepcopy(
            {
                "api": {key: self.document[key] for key in FROZEN_API_FIELDS if key in self.document},
                "routes": self._with_responses("routes", "routeId", "routeresponses", "routeResponses"),
                "integrations": self._with_responses(
                    "integrations", "integrationId", "integrationresponses", "integrationResponses"
                ),
                "authorizers": list(self.documents("authorizers").values()),
                "models": list(self.documents("models").values()),
            }
        )

    def served(self, stage: Document) -> Document | None:
        """What a stage serves: the stage as it is now, the rest from its deployment's snapshot.

        None if the stage has no deployment (spec 230).
        """
        snapshot = self.snapshots.get(stage.get("deploymentId", ""))
        if snapshot is None:
            return None
        return {
            **snapshot,
            "api": {**copy.deepcopy(self.document), **snapshot["api"]},
            "stage": copy.deepcopy(stage),
            "deploymentId": stage["deploymentId"],
        }

    def _with_responses(self, collection: str, identifier: str, responses: str, name: str) -> list[Document]:
        """The documents of a collection, each with the list of its responses as ``name``."""
        return [
            {**each, name: list(self.documents(responses, each[identifier]).values())}
            for each in self.documents(collection).values()
        ]
