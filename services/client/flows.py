"""The calls themselves, as generators of steps; `blocking.py` and `asynchronous.py` carry the steps out."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from grpc_health.v1 import health_pb2

from services.api.catalog import ListModelsResponse, ListScenesResponse, Model, Scene
from services.api.common import Blob, ImageSource, OutputOptions
from services.api.convert import validated
from services.api.lint import LintPhotoResponse, ListRuleSetsResponse, RuleSet
from services.api.studio import CreateCutoutResponse, CreateShotResponse, DenoisingStep, StageEvent
from services.client.calls import Calls
from services.client.messages import cutout_request, from_proto, lint_request, shot_request, stream_request
from services.client.options import Photo, is_address
from services.client.patience import Patience
from services.client.steps import Emit, Flow, Method, Pause, ReadFile
from services.common.errors import Forbidden, Internal, InvalidInput, NotReady, Unauthenticated, VitrineError
from services.pb.vitrine.v1 import catalog_pb2, lint_pb2, studio_pb2

_STUDIO = studio_pb2.DESCRIPTOR.services_by_name["StudioService"].methods_by_name
_CATALOG = catalog_pb2.DESCRIPTOR.services_by_name["CatalogService"].methods_by_name
_LINT = lint_pb2.DESCRIPTOR.services_by_name["LintService"].methods_by_name
CREATE_CUTOUT = Method(_STUDIO["CreateCutout"])
CREATE_SHOT = Method(_STUDIO["CreateShot"])
STREAM_SHOT = Method(_STUDIO["StreamShot"])
READ_BLOB = Method(_STUDIO["ReadBlob"])
LINT_PHOTO = Method(_LINT["LintPhoto"])
LIST_RULE_SETS = Method(_LINT["ListRuleSets"])
LIST_SCENES = Method(_CATALOG["ListScenes"])
LIST_MODELS = Method(_CATALOG["ListModels"])
CHECK_HEALTH = Method(health_pb2.DESCRIPTOR.services_by_name["Health"].methods_by_name["Check"])

HEALTH_TIMEOUT_S = 5.0
READY_POLL_S = 0.25

R = TypeVar("R", CreateCutoutResponse, CreateShotResponse)


class Health(StrEnum):
    """What the health service answers; the values are its own (https://github.com/grpc/grpc/blob/master/doc/health-checking.md)."""

    UNKNOWN = "UNKNOWN"
    SERVING = "SERVING"
    NOT_SERVING = "NOT_SERVING"


class Flows(Calls):
    """The calls that make pictures and tell of the service."""

    def cutout(self, photo: Photo, options: Mapping[str, Any]) -> Flow[CreateCutoutResponse]:
        """Cut the product out."""
        options, patience = self._split(options)
        request = cutout_request((yield from _source(photo)), options)
        answer = yield from self._call(CREATE_CUTOUT, request, patience)
        return (yield from self._with_picture(from_proto(answer, CreateCutoutResponse), patience))

    def shot(self, photo: Photo, scene: str, options: Mapping[str, Any]) -> Flow[CreateShotResponse]:
        """Put the product into a scene."""
        options, patience = self._split(options)
        request = shot_request((yield from _source(photo)), scene, (yield from _with_reference(options)))
        answer = yield from self._call(CREATE_SHOT, request, patience)
        return (yield from self._with_picture(from_proto(answer, CreateShotResponse), patience))

    def stream_shot(self, photo: Photo, scene: str, options: Mapping[str, Any]) -> Flow[None]:
        """Put the product into a scene; emits the events of each stage and step, then the result."""
        options, patience = self._split(options)
        preview_every = options.pop("preview_every", 0)
        shot = shot_request((yield from _source(photo)), scene, (yield from _with_reference(options)))

        def event_of(message: studio_pb2.StreamShotResponse) -> Flow[None]:
            if message.WhichOneof("event") == "stage":
                yield Emit(from_proto(message.stage, StageEvent))
            elif message.WhichOneof("event") == "step":
                yield Emit(from_proto(message.step, DenoisingStep))
            elif message.WhichOneof("event") == "shot":
                result = from_proto(message.shot, CreateShotResponse)
                yield Emit((yield from self._with_picture(result, patience)))

        yield from self._receive(STREAM_SHOT, stream_request(shot, preview_every), patience, event_of)

    def lint(self, photo: Photo, rule_set: str, options: Mapping[str, Any]) -> Flow[LintPhotoResponse]:
        """Hold a photo against a marketplace's rules."""
        options, patience = self._split(options)
        request = lint_request((yield from _source(photo)), rule_set, options)
        answer = from_proto((yield from self._call(LINT_PHOTO, request, patience)), LintPhotoResponse)
        if answer.fix is None or answer.fix.image is None:
            return answer
        image = yield from self._filled(answer.fix.image, patience)
        return answer.model_copy(update={"fix": answer.fix.model_copy(update={"image": image})})

    def rule_sets(self) -> Flow[list[RuleSet]]:
        """All rule sets, page by page."""
        patience, found, token = self._patience(None), list[RuleSet](), ""
        while True:
            request = lint_pb2.ListRuleSetsRequest(page_token=token)
            page = from_proto((yield from self._call(LIST_RULE_SETS, request, patience)), ListRuleSetsResponse)
            found += page.rule_sets
            if not (token := page.next_page_token):
                return found

    def read_blob(self, key: str, timeout_s: float | None = None) -> Flow[bytes]:
        """Fetch a stored file."""
        return self._blob(key, self._patience(timeout_s))

    def scenes(self) -> Flow[list[Scene]]:
        """All scenes, page by page."""
        patience, found, token = self._patience(None), list[Scene](), ""
        while True:
            request = catalog_pb2.ListScenesRequest(page_token=token)
            page = from_proto((yield from self._call(LIST_SCENES, request, patience)), ListScenesResponse)
            found += page.scenes
            if not (token := page.next_page_token):
                return found

    def models(self) -> Flow[list[Model]]:
        """All models, page by page."""
        patience, found, token = self._patience(None), list[Model](), ""
        while True:
            request = catalog_pb2.ListModelsRequest(page_token=token)
            page = from_proto((yield from self._call(LIST_MODELS, request, patience)), ListModelsResponse)
            found += page.models
            if not (token := page.next_page_token):
                return found

    def health(self, timeout_s: float = HEALTH_TIMEOUT_S) -> Flow[Health]:
        """What the service says of itself, asked once."""
        answer = yield from self._call(CHECK_HEALTH, health_pb2.HealthCheckRequest(), Patience(timeout_s, 1))
        name = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
        return Health.__members__.get(name, Health.UNKNOWN)

    def wait_ready(self, timeout_s: float) -> Flow[None]:
        """Ask for its health until the service is ready."""
        patience, said = Patience(timeout_s, 1), ""
        while True:
            try:
                health = yield from self.health(min(HEALTH_TIMEOUT_S, patience.remaining_s))
            except (Unauthenticated, Forbidden):
                raise
            except VitrineError as error:  # while a service starts, what stands before it answers all sorts of things
                said = error.message
            else:
                if health is Health.SERVING:
                    return
                said = f"it says {health}"
            if patience.remaining_s <= READY_POLL_S:
                raise NotReady(f"the service was not ready after {timeout_s:g} s: {said}")
            yield Pause(READY_POLL_S)

    def _split(self, options: Mapping[str, Any]) -> tuple[dict[str, Any], Patience]:
        """The options as the contract has them, asking for the picture in the answer, and the time for it."""
        fields = dict(options)
        timeout_s = fields.pop("timeout_s", None)
        if timeout_s is not None:
            fields["timeout"] = timeout_s
        output: OutputOptions = fields.get("output") or OutputOptions()
        fields["output"] = output.model_copy(update={"inline": True})
        return fields, self._patience(timeout_s)

    def _with_picture(self, result: R, patience: Patience) -> Flow[R]:
        """The result with all files' bytes, fetched if they were too many to travel inside it."""
        image = yield from self._filled(result.image, patience)
        if isinstance(result, CreateCutoutResponse):
            return result.model_copy(update={"image": image})
        layers = []
        for layer in result.layers:
            blob = yield from self._filled(layer.blob, patience)
            layers.append(layer.model_copy(update={"blob": blob}))
        return result.model_copy(update={"image": image, "layers": layers})

    def _filled(self, blob: Blob, patience: Patience) -> Flow[Blob]:
        content = blob.content or (yield from self._blob(blob.key, patience))
        if hashlib.sha256(content).hexdigest() != blob.sha256:
            raise Internal("the file arrived damaged: its digest is not the one that the service told", key=blob.key)
        return blob.model_copy(update={"content": content})

    def _blob(self, key: str, patience: Patience) -> Flow[bytes]:
        chunks: list[bytes] = []

        def keep(message: studio_pb2.ReadBlobResponse) -> Flow[None]:
            chunks.append(message.chunk)
            yield from ()

        yield from self._receive(READ_BLOB, studio_pb2.ReadBlobRequest(key=key), patience, keep)
        return b"".join(chunks)


def _with_reference(options: dict[str, Any]) -> Flow[dict[str, Any]]:
    """The options with the reference as the contract has it, if there is one."""
    reference = options.get("reference")
    if reference is None:
        return options
    return {**options, "reference": (yield from _source(reference, "reference"))}


def _source(photo: Photo, field: str = "image") -> Flow[ImageSource]:
    if isinstance(photo, bytes):
        return ImageSource(content=photo)
    if is_address(photo):
        return validated(ImageSource, {"url": photo})
    try:
        content: bytes = yield ReadFile(Path(photo))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        kind = "photo" if field == "image" else field
        raise InvalidInput(f"the {kind} {str(photo)!r} can't be read: {reason}", field=field) from error
    return ImageSource(content=content)
