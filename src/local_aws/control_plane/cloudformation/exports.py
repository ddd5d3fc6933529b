"""Exports of stacks. A stack cannot change or delete an export that another stack imports.

moto 5.2.5 allows that, and it exports outputs whose condition is false.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from moto.cloudformation import models as stacks
from moto.cloudformation import parsing

__all__ = ["ExportProblem", "exports_of", "importers", "in_use", "publish", "withdraw"]


class ExportProblem(Exception):
    """An export cannot be created, changed or deleted; ``str()`` is CloudFormation's message."""


def exports_of(stack: Any, output_map: Any) -> list[Any]:
    """The exports among a stack's outputs, with all intrinsic functions resolved."""
    return [
        parsing.Export(
            stack.stack_id,
            parsing.clean_json(output_map._output_json_map[key]["Export"]["Name"], stack.resource_map),
            output.value,
        )
        for key, output in output_map.items()
        if output is not None and output_map._output_json_map[key].get("Export")
    ]


def publish(stack: Any, exports: Sequence[Any]) -> None:
    """Replace the exports of a stack. Raises ExportProblem, and changes nothing, if another stack prevents it."""
    published = _backend(stack).exports
    new_exports = {export.name: export for export in exports}
    for name, export in new_exports.items():
        owner = published[name].exporting_stack_id if name in published else stack.stack_id
        if owner != stack.stack_id:
            raise ExportProblem(f"Export with name {name} is already exported by stack {_name_of(stack, owner)}")
        if name in published and published[name].value != export.value:
            _check_not_imported(stack, name, "updated")
    for name in set(_own_exports(stack)) - set(new_exports):
        _check_not_imported(stack, name, "deleted")
    withdraw(stack)
    published.update(new_exports)


def withdraw(stack: Any) -> None:
    """Delete the stack's exports."""
    published = _backend(stack).exports
    for name in _own_exports(stack):
        del published[name]


def in_use(stack: Any) -> str | None:
    """AWS's message about the first export that another stack imports; None if the stack can be deleted."""
    for name in _own_exports(stack):
        try:
            _check_not_imported(stack, name, "deleted")
        except ExportProblem as problem:
            return str(problem)
    return None


def importers(backend: Any, name: str) -> list[str]:
    """The names of the stacks that import an export (``ListImports``)."""
    return sorted(stack.name for stack in backend.stacks.values() if name in _imports(stack))


def _check_not_imported(stack: Any, name: str, verb: str) -> None:
    names = [each for each in importers(_backend(stack), name) if each != stack.name]
    if names:
        raise ExportProblem(f"Export {name} cannot be {verb} as it is in use by {' and '.join(names)}")


def _own_exports(stack: Any) -> list[str]:
    return [name for name, export in _backend(stack).exports.items() if export.exporting_stack_id == stack.stack_id]


def _imports(stack: Any) -> set[str]:
    resource_map = stack.resource_map
    if not resource_map._resource_json_map:
        return set()  # the stack is empty or deleted
    template = [resource_map._resource_json_map, stack.template_dict.get("Outputs", {})]
    return {str(parsing.clean_json(argument, resource_map)) for argument in _import_values(template)}


def _import_values(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _import_values(each)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Fn::ImportValue":
                yield inner
            else:
                yield from _import_values(inner)


def _name_of(stack: Any, stack_id: str) -> str:
    owner = _backend(stack).stacks.get(stack_id)
    return stack_id if owner is None else str(owner.name)


def _backend(stack: Any) -> Any:
    return stacks.cloudformation_backends[stack.account_id][stack.region_name]
