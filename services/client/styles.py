"""Styles: the calls as generators of steps, and how both clients offer them, as `vitrine.styles`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from services.api.catalog import (
    CreateStyleRequest,
    CreateStyleResponse,
    DeleteStyleRequest,
    DeleteStyleResponse,
    ListStylesRequest,
    ListStylesResponse,
    Style,
)
from services.api.common import Message
from services.api.convert import to_proto, validated
from services.client.calls import Calls
from services.client.messages import from_proto
from services.client.steps import AsyncRun, Flow, Method, Run
from services.pb.vitrine.v1 import catalog_pb2

_METHODS: Final = catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"].methods_by_name
#: What adapters are uploaded as.
_ADAPTER_TYPE: Final = "application/vnd.safetensors"

A = TypeVar("A", bound=Message)


class StyleFlows(Calls):
    """The calls.

    Args:
        address, timeout_s, max_attempts: See `Calls`.
        upload: Puts a file of a type into the store; its key.
    """

    def __init__(
        self,
        address: str,
        timeout_s: float,
        max_attempts: int,
        upload: Callable[[Path | bytes, str], Flow[str]],
    ) -> None:
        super().__init__(address, timeout_s, max_attempts)
        self._upload = upload

    def all(self) -> Flow[list[Style]]:
        """All styles, page by page."""
        found, token = list[Style](), ""
        while True:
            page = yield from self._ask(ListStylesRequest, {"page_token": token}, ListStylesResponse)
            found += page.styles
            if not (token := page.next_page_token):
                return found

    def add(self, style_id: str, adapter: Path | bytes, description: str) -> Flow[Style]:
        """A new style."""
        fields: dict[str, Any] = {"style_id": style_id, "description": description}
        validated(CreateStyleRequest, fields)  # before a large file is sent for nothing
        fields["adapter"] = {"blob_key": (yield from self._upload(adapter, _ADAPTER_TYPE))}
        return (yield from self._ask(CreateStyleRequest, fields, CreateStyleResponse)).style

    def remove(self, style_id: str) -> Flow[None]:
        """One style less."""
        yield from self._ask(DeleteStyleRequest, {"style_id": style_id}, DeleteStyleResponse)

    def _ask(self, model: type[Message], fields: dict[str, Any], answer: type[A]) -> Flow[A]:
        name = model.__name__
        request = to_proto(validated(model, fields), getattr(catalog_pb2, name))
        method = Method(_METHODS[name.removesuffix("Request")])
        return from_proto((yield from self._call(method, request, self._patience(None))), answer)


class Styles:
    """LoRA adapters that pictures are drawn with, see `docs/styles.md`.

    Args:
        flows: The calls.
        run: Carries them out.
    """

    def __init__(self, flows: StyleFlows, run: Run) -> None:
        self._flows = flows
        self._run = run

    def all(self) -> list[Style]:
        """Those that you may name in requests, by id."""
        return self._run(self._flows.all())

    def add(self, style_id: str, adapter: Path | bytes, description: str = "") -> Style:
        """Take a safetensors file in as a style, once the service found that it fits its checkpoint."""
        return self._run(self._flows.add(style_id, adapter, description))

    def remove(self, style_id: str) -> None:
        """Remove a style of yours."""
        self._run(self._flows.remove(style_id))


class AsyncStyles:
    """`Styles` for asyncio: the same calls, arguments, results and errors.

    Args:
        flows: The calls.
        run: Carries them out.
    """

    def __init__(self, flows: StyleFlows, run: AsyncRun) -> None:
        self._flows = flows
        self._run = run

    async def all(self) -> list[Style]:
        """See `Styles.all`."""
        return await self._run(self._flows.all())

    async def add(self, style_id: str, adapter: Path | bytes, description: str = "") -> Style:
        """See `Styles.add`."""
        return await self._run(self._flows.add(style_id, adapter, description))

    async def remove(self, style_id: str) -> None:
        """See `Styles.remove`."""
        await self._run(self._flows.remove(style_id))
