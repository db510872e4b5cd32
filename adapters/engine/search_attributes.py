"""Search attributes of the namespace: listed at start, the missing ones made, or the command to make them said."""

from __future__ import annotations

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.engine import Say
from faber.contract.names import SEARCH_ATTRIBUTES

TYPES = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Double": IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
}


async def register_search_attributes(client: Client, say: Say) -> bool:
    """Whether runs may set them. False is a worker that runs without: lists then cannot filter by phase."""
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {
            name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known.custom_attributes
        }
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(
                    namespace=client.namespace,
                    search_attributes={name: TYPES[kind] for name, kind in missing.items()},
                )
            )
    except RPCError as error:
        if error.status == RPCStatusCode.ALREADY_EXISTS:
            return True
        flags = " ".join(f"--name {name} --type {kind}" for name, kind in SEARCH_ATTRIBUTES.items())
        say(
            f"search attributes cannot be made here ({error.message}); runs go on without them. To have them:"
        )
        say(f"  temporal operator search-attribute create --namespace {client.namespace} {flags}")
        return False
    return True
