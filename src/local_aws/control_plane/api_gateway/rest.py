"""``/v2/apis/…`` over HTTP for WebSocket APIs (spec 237–240): calls the operation of ``store`` for each path.

moto answers all other requests (HTTP APIs, VPC links).
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from local_aws.control_plane.api_gateway import assumptions, domain_names_rest
from local_aws.control_plane.api_gateway.domain_names import DomainNames
from local_aws.control_plane.api_gateway.resource_kinds import KINDS, KINDS_BY_COLLECTION, ResourceKind
from local_aws.control_plane.api_gateway.store import WebSocketApis
from local_aws.control_plane.api_gateway.validation import ApiGatewayError, BadRequest, NotFound, no_cors
from local_aws.control_plane.moto_host.wsgi import internal_failure
from local_aws.net.http import Request, Response

__all__ = ["WebSocketApiRequests"]

Document = dict[str, Any]

log = logging.getLogger(__name__)


class WebSocketApiRequests:
    """Answers requests about the WebSocket APIs of one account and region.

    ``ask_moto`` has moto answer a request. It is called for HTTP APIs, and for moto's part of a list of all APIs.
    """

    def __init__(self, apis: WebSocketApis, names: DomainNames, ask_moto: Callable[[Request], Response]) -> None:
        self.apis = apis
        self.names = names
        self._ask_moto = ask_moto

    def answer(self, request: Request) -> Response:
        """Answer a request below ``/v2``; exceptions become AWS's errors in JSON."""
        segments = [unquote(segment) for segment in request.path.strip("/").split("/")]
        try:
            return self._route(request, segments)
        except ApiGatewayError as error:
            return _error_response(error)
        except Exception:
            return internal_failure(request)

    def _route(self, request: Request, segments: list[str]) -> Response:
        match segments:
            case ["v2", "apis"]:
                return self._all_apis(request)
            case ["v2", "apis", api_id, *rest] if self.apis.exists(api_id):
                return self._one_api(request, api_id, rest)
            case ["v2", "apis", api_id, *_] if self._ask_moto(_get(request, api_id)).status != 200:
                text = f"Invalid API identifier specified {self.apis.account_id}:{api_id}"
                raise NotFound(text, resourceType="Api")
            case ["v2", "domainnames", *rest]:
                return domain_names_rest.answer(self.names, request, rest, _body, _page, _json)
            case ["v2", "tags", *arn] if (api_id := _api_of_arn("/".join(arn))) and self.apis.exists(api_id):
                return self._tags(request, api_id, "/".join(arn))
            case _:
                return self._ask_moto(request)

    def _all_apis(self, request: Request) -> Response:
        if request.method == "POST":
            fields = _body(request)
            if fields.get("protocolType") != "WEBSOCKET":
                return self._ask_moto(request)
            return _json(201, self.apis.create_api(fields))
        if request.method == "GET":
            others = json.loads(self._ask_moto(request).body).get("items", [])
            return _page(request, self.apis.list_apis() + others)
        return self._ask_moto(request)

    def _one_api(self, request: Request, api_id: str, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                return _json(200, self.apis.get_api(api_id))
            case "PATCH", []:
                fields = {key: value for key, value in _body(request).items() if key != "protocolType"}
                return _json(200, self.apis.update_api(api_id, fields))
            case "DELETE", []:
                self.apis.delete_api(api_id)
                return Response(204)
            case "DELETE", ["stages", stage, "routesettings", route_key]:
                return self._delete_key(api_id, KINDS["Stage"], stage, "routeSettings", route_key)
            case "DELETE", ["stages", stage, "accesslogsettings"]:
                self.apis.update(api_id, KINDS["Stage"], stage, {"accessLogSettings": {}})
                return Response(204)
            case "DELETE", ["cors"]:
                raise no_cors()
            case "DELETE", ["routes", route, "requestparameters", name]:
                return self._delete_key(api_id, KINDS["Route"], route, "requestParameters", name)
            case _, [collection] if kind := _kind(collection, None):
                return self._collection(request, api_id, kind, "")
            case _, [collection, identifier] if kind := _kind(collection, None):
                return self._part(request, api_id, kind, identifier, "")
            case _, [parent, parent_id, collection] if kind := _kind(collection, parent):
                return self._collection(request, api_id, kind, parent_id)
            case _, [parent, parent_id, collection, identifier] if kind := _kind(collection, parent):
                return self._part(request, api_id, kind, identifier, parent_id)
        raise _unsupported(request)

    def _collection(self, request: Request, api_id: str, kind: ResourceKind, parent: str) -> Response:
        if request.method == "POST":
            return _json(201, self.apis.create(api_id, kind, _body(request), parent))
        if request.method == "GET":
            return _page(request, self.apis.all_of(api_id, kind, parent))
        raise _unsupported(request)

    def _part(self, request: Request, api_id: str, kind: ResourceKind, identifier: str, parent: str) -> Response:
        if request.method == "GET":
            return _json(200, self.apis.get(api_id, kind, identifier, parent))
        if request.method == "PATCH":
            return _json(200, self.apis.update(api_id, kind, identifier, _body(request), parent))
        if request.method == "DELETE":
            self.apis.delete(api_id, kind, identifier, parent)
            return Response(204)
        raise _unsupported(request)

    def _delete_key(self, api_id: str, kind: ResourceKind, identifier: str, member: str, key: str) -> Response:
        """Remove one key from a map, as DeleteRouteSettings and DeleteRouteRequestParameter do."""
        remaining = dict(self.apis.get(api_id, kind, identifier).get(member, {}))
        if remaining.pop(key, None) is None:
            raise NotFound(assumptions.MAP_KEY_NOT_FOUND.format(key=key, field=member, identifier=identifier))
        self.apis.update(api_id, kind, identifier, {member: remaining})
        return Response(204)

    def _tags(self, request: Request, api_id: str, arn: str) -> Response:
        stage = arn.partition("/stages/")[2]
        kind = KINDS["Stage"]
        document = self.apis.get(api_id, kind, stage) if stage else self.apis.get_api(api_id)
        tags = dict(document.get("tags", {}))
        if request.method == "GET":
            return _json(200, {"tags": tags})
        if request.method == "POST":
            tags |= _body(request).get("tags", {})
        else:
            for key in parse_qs(request.query).get("tagKeys", []):
                tags.pop(key, None)
        if stage:
            self.apis.update(api_id, kind, stage, {"tags": tags})
        else:
            self.apis.update_api(api_id, {"tags": tags})
        return _json(201, {}) if request.method == "POST" else Response(204)


def _kind(collection: str, parent: str | None) -> ResourceKind | None:
    kind = KINDS_BY_COLLECTION.get(collection)
    return kind if kind is not None and kind.name != "Api" and kind.parent == parent else None


def _api_of_arn(arn: str) -> str:
    """The API id in ``arn:aws:apigateway:region::/apis/{id}[/stages/{name}]``."""
    return arn.partition("::/apis/")[2].partition("/")[0]


def _unsupported(request: Request) -> BadRequest:
    return BadRequest(assumptions.UNSUPPORTED.format(method=request.method, path=request.path))


def _get(request: Request, api_id: str) -> Request:
    return Request("GET", f"/v2/apis/{api_id}", request.headers, b"", request.client, request.secure)


def _body(request: Request) -> Document:
    try:
        fields = json.loads(request.body or b"{}")
    except ValueError as error:
        raise BadRequest(assumptions.BODY_NOT_JSON.format(error=error)) from None
    if not isinstance(fields, dict):
        raise BadRequest(assumptions.BODY_NOT_OBJECT)
    return fields


def _page(request: Request, items: list[Document]) -> Response:
    query = parse_qs(request.query)
    try:
        start = int(query.get("nextToken", ["0"])[0])
        size = int(query.get("maxResults", [str(len(items) or 1)])[0])
    except ValueError:
        raise BadRequest(assumptions.INVALID_PAGE) from None
    if start < 0 or size < 1:
        raise BadRequest(assumptions.INVALID_PAGE)
    page: Document = {"items": items[start : start + size]}
    if start + size < len(items):
        page["nextToken"] = str(start + size)
    return _json(200, page)


def _json(status: int, document: Mapping[str, Any], *headers: tuple[str, str]) -> Response:
    return Response(status, [("Content-Type", "application/json"), *headers], json.dumps(document).encode())


def _error_response(error: ApiGatewayError) -> Response:
    return _json(error.status, {"message": str(error), **error.members}, ("x-amzn-ErrorType", error.code))
