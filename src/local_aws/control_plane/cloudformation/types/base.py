"""Base classes of our resource types, and ``patch_resource``, which patches a resource type of moto."""

from collections.abc import Callable
from typing import Any

from local_aws.control_plane.cloudformation.types.property_types import typed
from local_aws.patching import patch

__all__ = ["OwnResource", "Properties", "Resource", "patch_resource"]

Properties = dict[str, Any]

Create = Callable[[str, Properties, str, str, str], Any]
Update = Callable[[Any, Properties, str, str], None]


class Resource:
    """The methods that moto requires of a resource type, except create, update and delete.

    Subclasses name it before ``CloudFormationModel``, since moto finds only direct subclasses of that class.
    ``attributes`` are the names that ``GetAtt`` accepts; the value of each is the physical id unless
    ``get_cfn_attribute`` is overridden.
    """

    attributes: tuple[str, ...] = ()
    physical_resource_id: str

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""  # no property has to be unique

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.attributes

    def get_cfn_attribute(self, attribute_name: str) -> str:
        from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

        if attribute_name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.physical_resource_id

    def is_created(self) -> bool:
        return True


class OwnResource(Resource):
    """A resource type that moto lacks: gives ``create`` and ``update`` the resolved properties that moto passes."""

    @classmethod
    def create(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        """Create a resource; ``name`` is the generated one. If it raises, the message becomes the event's reason."""
        raise NotImplementedError

    def update(self, properties: Properties, account_id: str, region: str) -> None:
        """Update the resource in place. If it raises, the message becomes the event's reason."""
        raise NotImplementedError

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **context: Any,
    ) -> Any:
        return cls.create(resource_name, _properties(cls, cloudformation_json), account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "OwnResource",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "OwnResource":
        original_resource.update(_properties(cls, cloudformation_json), account_id, region_name)
        return original_resource


def _properties(cls: Any, definition: dict[str, Any]) -> Properties:
    return typed(cls.cloudformation_type(), definition.get("Properties") or {})


def patch_resource(model: type[Any], *, create: Create | None = None, update: Update | None = None) -> None:
    """Replace how moto creates and updates the resources of ``model``.

    ``create`` gets the physical name, the resolved properties, account, region and the logical id, and returns the
    resource. ``update`` gets the resource, the resolved properties, account and region, and changes it in place.
    """
    if create is not None:
        create_resource = create

        def create_from_cloudformation_json(
            cls: type[Any],
            /,
            resource_name: str,
            cloudformation_json: dict[str, Any],
            account_id: str,
            region_name: str,
            **context: Any,
        ) -> Any:
            properties = _properties(cls, cloudformation_json)
            return create_resource(resource_name, properties, account_id, region_name, context.get("LogicalId", ""))

        patch(model, "create_from_cloudformation_json", classmethod(create_from_cloudformation_json))
    if update is not None:
        update_resource = update

        def update_from_cloudformation_json(
            cls: type[Any],
            original_resource: Any,
            new_resource_name: str,
            cloudformation_json: dict[str, Any],
            account_id: str,
            region_name: str,
        ) -> Any:
            update_resource(original_resource, _properties(cls, cloudformation_json), account_id, region_name)
            return original_resource

        patch(model, "update_from_cloudformation_json", classmethod(update_from_cloudformation_json))
