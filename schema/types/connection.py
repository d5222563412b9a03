"""Relay connections: pages of a list, with `first` or `last` of 1 to 100."""

from typing import Any

import graphene

from schema.types.scoped_field import ScopedField
from schema.vocabulary.scope import FieldClass

PAGE_ITEMS_MAX = 100
"""The most items of one page."""


class PageInfo(graphene.ObjectType):
    """Where a page lies in its list (Relay cursor connections)."""

    has_next_page = graphene.Boolean(required=True, description="There are items after this page.")
    has_previous_page = graphene.Boolean(required=True, description="There are items before this page.")
    start_cursor = graphene.String(description="Cursor of the page's first item.")
    end_cursor = graphene.String(description="Cursor of the page's last item.")


def connection_of(node: type[graphene.ObjectType], *, counted: bool = True) -> type[graphene.ObjectType]:
    """The connection type of `node`, with its edges. A list too long to count at each page is not `counted`."""
    name = node._meta.name
    edge = type(
        f"{name}Edge",
        (graphene.ObjectType,),
        {
            "__doc__": f"One {name} of a page.",
            "node": graphene.Field(node, required=True, description="The item."),
            "cursor": graphene.String(required=True, description="Where the item lies: for `after` or `before`."),
        },
    )
    fields = {
        "__doc__": f"A page of a list of {name}.",
        "nodes": graphene.List(graphene.NonNull(node), required=True, description="The items of the page."),
        "edges": graphene.List(graphene.NonNull(edge), required=True, description="The items with their cursors."),
        "page_info": graphene.Field(PageInfo, required=True, description="Where the page lies."),
    }
    if counted:
        fields["total_count"] = graphene.Int(required=True, description="How many items the whole list has.")
    return type(f"{name}Connection", (graphene.ObjectType,), fields)


def forward_field(connection: Any, *, items: str, description: str, **arguments: Any) -> graphene.Field:
    """A field of no file that holds a connection of `items`, read from its beginning on; `first` is mandatory."""
    return graphene.Field(
        connection,
        required=True,
        description=description,
        first=graphene.Argument(graphene.Int, required=True, description=f"How many, 1 to {PAGE_ITEMS_MAX}."),
        after=graphene.String(description=f"Only {items} after this cursor."),
        **arguments,
    )


def connection_field(connection: Any, *, field_class: FieldClass, description: str) -> ScopedField:
    """A field that holds a connection; `first` or `last` is mandatory."""
    return ScopedField(
        connection,
        field_class=field_class,
        description=description,
        first=graphene.Int(description=f"The first 1 to {PAGE_ITEMS_MAX} items."),
        after=graphene.String(description="Only items after this cursor."),
        last=graphene.Int(description=f"The last 1 to {PAGE_ITEMS_MAX} items."),
        before=graphene.String(description="Only items before this cursor."),
    )
