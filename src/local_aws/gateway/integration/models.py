"""Request models: validation of a message against its route's model (spec 131, 132).

Models are JSON Schema draft 4, checked by ``jsonschema``.
"""

import json
from typing import Any

from local_aws.gateway.config.stage import Route
from local_aws.gateway.integration.expressions import evaluate

__all__ = ["validation_error"]


def validation_error(route: Route, body: str) -> str | None:
    """Why a message is invalid; None if it fits its model or the route has no model selection expression.

    The expression selects the key of the model; if there is no such model, ``$default`` is used. If that is missing
    too, the message is invalid (spec 132).
    """
    if not route.model_selection_expression:
        return None
    key = evaluate(route.model_selection_expression, body) or "$default"
    schema = route.request_models.get(key, route.request_models.get("$default"))
    if schema is None:
        return f"no model found for key {key}, and no $default model"
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        return f"Unable to parse JSON request body: {error}"
    return _violations(schema, document)


def _violations(schema: str, document: Any) -> str | None:
    # Imported with the first message that is validated: its format checks take longer to load than the embedded AWS
    from jsonschema import Draft4Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    try:
        model = json.loads(schema)
        Draft4Validator.check_schema(model)
        # A registry of its own: a $ref must not make the gateway fetch a URL
        faults = sorted(
            Draft4Validator(model, registry=Registry()).iter_errors(document), key=lambda each: each.json_path
        )
    except (ValueError, SchemaError) as error:
        return f"the model is no JSON Schema of draft 4: {getattr(error, 'message', error)}"
    except Unresolvable as error:
        return f"the model refers to what is not there: {error}"
    except RecursionError:
        return "the model or the message is nested too deeply"
    return None if not faults else "[" + ", ".join(f"{each.json_path}: {each.message}" for each in faults) + "]"
