"""A field that cannot be declared without the rule that opens it."""

from typing import Any

from graphene import Field

from schema.vocabulary.scope import FieldClass


class ScopedField(Field):
    """A field of the file. `field_class` has no default: it says which part of a consent opens the field.

    The class, its scope and its phrase are printed into the contract and reused on the consent page. A field that is
    withheld is null, and `disclosure.withheld` says why; only what opens together with its whole object, such as its
    id, may be `required`.
    """

    def __init__(self, type_: Any, *, field_class: FieldClass, description: str, **arguments: Any) -> None:
        self.field_class = field_class
        opened_by = f"Opened by {field_class.value} ({field_class.scope.value}): {field_class.phrase}."
        super().__init__(type_, description=f"{description} {opened_by}", **arguments)
