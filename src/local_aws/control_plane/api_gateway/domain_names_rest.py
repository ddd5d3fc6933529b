"""``/v2/domainnames/…`` over HTTP: calls the operation of ``domain_names`` for each path."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.control_plane.api_gateway.domain_names import DomainNames
from local_aws.control_plane.api_gateway.validation import BadRequest
from local_aws.net.http import Request, Response

__all__ = ["answer"]

Document = dict[str, Any]


def answer(
    names: DomainNames,
    request: Request,
    rest: list[str],
    fields: Callable[[Request], Document],
    page: Callable[[Request, list[Document]], Response],
    document: Callable[[int, Mapping[str, Any]], Response],
) -> Response:
    """Answer a request; ``rest`` has the segments of its path after ``domainnames``.

    ``fields`` reads a body, ``page`` and ``document`` write one, as for all other paths of the API. Raises the
    exceptions of ``validation``.
    """
    match request.method, rest:
        case "POST", []:
            return document(201, names.create(fields(request)))
        case "GET", []:
            return page(request, names.all())
        case "GET", [name]:
            return document(200, names.get(name))
        case "PATCH", [name]:
            return document(200, names.update(name, fields(request)))
        case "DELETE", [name]:
            names.delete(name)
            return Response(204)
        case "POST", [name, "apimappings"]:
            return document(201, names.create_mapping(name, fields(request)))
        case "GET", [name, "apimappings"]:
            return page(request, names.all_mappings(name))
        case "GET", [name, "apimappings", identifier]:
            return document(200, names.get_mapping(name, identifier))
        case "PATCH", [name, "apimappings", identifier]:
            return document(200, names.update_mapping(name, identifier, fields(request)))
        case "DELETE", [name, "apimappings", identifier]:
            names.delete_mapping(name, identifier)
            return Response(204)
    raise BadRequest(f"{request.method} is not supported on {request.path}")
