"""The content policy around the making of a picture: what comes in before, the result behind."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from services.api.photo import PhotoResponse
from services.codecs.photo import decode_image
from services.common.errors import ContentRefused
from services.common.image import ImageLimits
from services.storage.blobs import BlobStore
from services.tenants.content import ContentPolicy
from services.tenants.workload import Answer
from services.workflow.answer import blobs_of
from services.workflow.look import Look, let_pass

#: Pictures of ours are as large as canvases may be; the limits of photos are the operator's.
_OWN: Final = ImageLimits(max_bytes=1 << 40, max_pixels=1 << 40)


class ContentGuard:
    """Looks at what comes in and at results, for tenants that have the policy.

    Args:
        policy: What passes.
        store: Where results lie.
    """

    def __init__(self, policy: ContentPolicy, store: BlobStore) -> None:
        self._policy = policy
        self._store = store

    async def around(self, looks: bool, work: Callable[[Look], Awaitable[Answer]]) -> Answer:
        """The answer of `work`, which is given what looks at what comes in. A result that is refused is removed.

        Args:
            looks: Whether the tenant has the policy; all passes else.
            work: Makes the picture.

        Raises:
            ContentRefused: One of them does not pass.
        """
        if not looks:
            return await work(let_pass)
        answer = await work(partial(self._policy.require, what="photo"))
        await asyncio.to_thread(self._look_at_result, answer)
        return answer

    def _look_at_result(self, answer: PhotoResponse) -> None:
        keys = [blob.key for blob in blobs_of(answer)]
        if not keys:  # a photo was looked at, and nothing made of it
            return
        try:
            picture = decode_image(self._store.get(keys[0]), _OWN)
            self._policy.require(picture.image, what="picture")
        except ContentRefused:
            self._store.delete(keys)
            raise
