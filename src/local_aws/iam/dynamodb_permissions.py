"""The permissions that DynamoDB's operations require: per table or index, and per item of a transaction."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local_aws.iam.operations import Operation
from local_aws.iam.policy_evaluation import Context
from local_aws.iam.required_permissions import RequiredPermission, one_permission

__all__ = ["HashKeyOf", "table_permissions"]

HashKeyOf = Callable[[str], str | None]
"""Returns the name of a table's hash key, by the table's ARN; None if there is no such table."""

_TRANSACTED = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_PARTIQL = {"SELECT": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete"}
_STATEMENT = re.compile(
    r"""\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b(?:.*?\b(?:FROM|INTO)\b)?\s*["']?(?P<table>[\w.-]+)["']?"""
    r"""(?:\."?(?P<index>[\w.-]+)"?)?""",
    re.IGNORECASE | re.DOTALL,
)


def table_permissions(call: Operation, hash_key_of: HashKeyOf) -> list[RequiredPermission]:
    """The required permissions of a DynamoDB operation; never empty."""
    return list(_permissions(call, hash_key_of)) or one_permission(call, "*")


def _permissions(call: Operation, hash_key_of: HashKeyOf) -> Iterator[RequiredPermission]:
    parameters = call.parameters
    match call.name:
        case "TransactGetItems" | "TransactWriteItems":
            for item in _dicts(parameters.get("TransactItems")):
                for kind, asked in item.items():
                    if isinstance(asked, dict):
                        action = "GetItem" if kind == "Get" else _TRANSACTED.get(kind, kind)
                        table = table_arn(call, asked.get("TableName"))
                        yield RequiredPermission(f"dynamodb:{action}", table, _keys(table, [asked], hash_key_of))
        case "BatchGetItem" | "BatchWriteItem":
            requested = parameters.get("RequestItems")
            for name, asked in requested.items() if isinstance(requested, dict) else ():
                table = table_arn(call, name)
                yield RequiredPermission(f"dynamodb:{call.name}", table, _keys(table, _batched(asked), hash_key_of))
        case "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction":
            statements = parameters.get("Statements") or parameters.get("TransactStatements") or [parameters]
            for statement in _dicts(statements):
                yield _statement(call, str(statement.get("Statement") or ""))
        case "ListTables":
            yield RequiredPermission("dynamodb:ListTables", call.arn("table/*"))
        case _:
            yield from _single(call, hash_key_of)


def _single(call: Operation, hash_key_of: HashKeyOf) -> Iterator[RequiredPermission]:
    name = call.text("TableName")
    stated = call.text("ResourceArn") or call.text("StreamArn") or call.text("BackupArn")
    if not name:
        yield from one_permission(call, stated)
        return
    table = table_arn(call, name)
    index = call.text("IndexName") if call.name in ("Query", "Scan") else ""
    context = _keys(table, [call.parameters], hash_key_of)
    suffix = "/stream/*" if call.name == "ListStreams" else f"/index/{index}" if index else ""
    yield RequiredPermission(f"dynamodb:{call.name}", table + suffix, context)


def table_arn(call: Operation, name: object) -> str:
    """The ARN of a table, by its name or its ARN."""
    text = str(name or "")
    return text if text.startswith("arn:") else call.arn(f"table/{text}")


def _statement(call: Operation, text: str) -> RequiredPermission:
    found = _STATEMENT.match(text)
    if found is None:
        return RequiredPermission(f"dynamodb:{call.name}", "*")
    resource = table_arn(call, found["table"]) + (f"/index/{found['index']}" if found["index"] else "")
    return RequiredPermission(f"dynamodb:{_PARTIQL[found['verb'].upper()]}", resource)


# dynamodb:LeadingKeys


def _keys(table: str, asked: list[Mapping[str, Any]], hash_key_of: HashKeyOf) -> Context:
    """The condition key with the request's hash key values; they are looked up only if a policy reads it."""

    def leading() -> list[str] | None:
        name = hash_key_of(table)
        values = [_leading(each, name) for each in asked] if name else []
        return [value for value in values if value is not None] or None

    return {"dynamodb:leadingkeys": leading}


def _leading(asked: Mapping[str, Any], name: str) -> str | None:
    for member in ("Key", "Item"):
        item = asked.get(member)
        if isinstance(item, dict):
            return _text(item.get(name))
    expression, conditions = asked.get("KeyConditionExpression"), asked.get("KeyConditions")
    if isinstance(conditions, dict) and isinstance(conditions.get(name), dict):
        values = conditions[name].get("AttributeValueList")
        return _text(values[0]) if isinstance(values, list) and values else None
    if not isinstance(expression, str):
        return None
    names = asked.get("ExpressionAttributeNames")
    for left, right in re.findall(r"([#\w.-]+)\s*=\s*(:\w+)", expression):
        if name in (left, names.get(left) if isinstance(names, dict) else None):
            values = asked.get("ExpressionAttributeValues")
            return _text(values.get(right)) if isinstance(values, dict) else None
    return None


def _text(value: object) -> str | None:
    """The text of an attribute value such as ``{"S": "me"}``."""
    return str(next(iter(value.values()))) if isinstance(value, dict) and value else None


def _batched(asked: object) -> list[Mapping[str, Any]]:
    """The items of one table in a batch, each with its ``Key`` or ``Item``."""
    if isinstance(asked, dict):
        return [{"Key": key} for key in _dicts(asked.get("Keys"))]
    return [request for each in _dicts(asked) for request in each.values() if isinstance(request, dict)]


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
