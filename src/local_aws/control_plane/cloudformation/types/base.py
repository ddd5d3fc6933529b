"""What our resource types share, and how a class of moto gets another way of being created or updated."""

from collections.abc import Callable
from typing import Any

from local_aws.control_plane.cloudformation.types.property_types import typed
from local_aws.patching import patch

__all__ = ["OwnResource", "Properties", "Resource", "patch_resource"]

Properties = dict[str, Any]

Create = Callable[[str, Properties, str, str, str], Any]
Update = Callable[[Any, Properties, str, str], None]


class Resource:
    """What moto asks of every resource type, beside how it is created, updated and deleted.

    To be named before ``CloudFormationModel``: moto finds only that one's direct subclasses. ``attributes`` are what
    ``GetAtt`` knows; each is the physical id unless ``get_cfn_attribute`` says otherwise.
    """

    attributes: tuple[str, ...] = ()
    physical_resource_id: str

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""  # none of them is named by a property that has to be unique

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
    """A type that is ours from its creation on: what moto calls, with the resolved properties picked out."""

    @classmethod
    def made(cls, name: str, properties: Properties, account_id: str, region: str) -> Any:
        """A new one; ``name`` is what CloudFormation would call it. An exception is why it cannot be."""
        raise NotImplementedError

    def change(self, properties: Properties, account_id: str, region: str) -> None:
        """Bring it to other properties, in place. An exception is why it cannot be."""
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
        return cls.made(resource_name, _properties(cls, cloudformation_json), account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "OwnResource",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "OwnResource":
        original_resource.change(_properties(cls, cloudformation_json), account_id, region_name)
        return original_resource


def _properties(cls: Any, definition: dict[str, Any]) -> Properties:
    return typed(cls.cloudformation_type(), definition.get("Properties") or {})


def patch_resource(model: type[Any], *, create: Create | None = None, update: Update | None = None) -> None:
    """Give ``model`` our functions in the shape that moto calls.

    ``create`` is given the physical name, the resolved properties, account, region and the logical id.
    ``update`` is given the resource, the resolved properties, account and region, and changes it in place.
    """
    if create is not None:
        made = create

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
            return made(resource_name, properties, account_id, region_name, context.get("LogicalId", ""))

        patch(model, "create_from_cloudformation_json", classmethod(create_from_cloudformation_json))
    if update is not None:
        changed = update

        def update_from_cloudformation_json(
            cls: type[Any],
            original_resource: Any,
            new_resource_name: str,
            cloudformation_json: dict[str, Any],
            account_id: str,
            region_name: str,
        ) -> Any:
            changed(original_resource, _properties(cls, cloudformation_json), account_id, region_name)
            return original_resource

        patch(model, "update_from_cloudformation_json", classmethod(update_from_cloudformation_json))
