"""One WebSocket API with all that it holds: routes, integrations, stages, …, and the snapshots of its deployments."""

import copy
from dataclasses import dataclass, field

from local_aws.control_plane.api_gateway.documents import Document

__all__ = ["ApiParts"]

FROZEN_API_FIELDS = (  # of the API itself: they count from the next deployment on (spec 24, 231)
    "apiKeySelectionExpression",
    "disableExecuteApiEndpoint",
    "disableSchemaValidation",
    "routeSelectionExpression",
)


@dataclass
class ApiParts:
    """``document`` is the API's own; ``parts`` has the documents of each (collection, parent) by identifier."""

    document: Document
    parts: dict[tuple[str, str], dict[str, Document]] = field(default_factory=dict)
    snapshots: dict[str, Document] = field(default_factory=dict)

    def of(self, collection: str, parent: str = "") -> dict[str, Document]:
        """The documents of one collection, by identifier; to be written to."""
        return self.parts.setdefault((collection, parent), {})

    def snapshot(self) -> Document:
        """All that a deployment freezes, copied (spec 232)."""
        return copy.deepcopy(
            {
                "api": {key: self.document[key] for key in FROZEN_API_FIELDS if key in self.document},
                "routes": self._with("routes", "routeId", "routeresponses", "routeResponses"),
                "integrations": self._with(
                    "integrations", "integrationId", "integrationresponses", "integrationResponses"
                ),
                "authorizers": list(self.of("authorizers").values()),
                "models": list(self.of("models").values()),
            }
        )

    def served(self, stage: Document) -> Document | None:
        """What clients of a stage get: the stage as it is, the rest as its deployment froze it; or None (spec 230)."""
        snapshot = self.snapshots.get(stage.get("deploymentId", ""))
        if snapshot is None:
            return None
        return {
            **snapshot,
            "api": {**copy.deepcopy(self.document), **snapshot["api"]},
            "stage": copy.deepcopy(stage),
            "deploymentId": stage["deploymentId"],
        }

    def _with(self, collection: str, identifier: str, responses: str, name: str) -> list[Document]:
        """The documents of a collection, each with the responses that lie below it."""
        return [
            {**each, name: list(self.of(responses, each[identifier]).values())} for each in self.of(collection).values()
        ]
