"""Jobs: the calls as generators of steps."""

import mimetypes
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import grpc
import httpx
from google.protobuf.message import Message as ProtoMessage

from services.api import jobs as api
from services.api.common import ImageSource, Message
from services.api.convert import to_proto, validated
from services.api.lint import LintPhotoRequest
from services.api.photo import PhotoRequest
from services.api.studio import CreateCutoutRequest, CreateShotRequest
from services.api.uploads import CreateUploadRequest, CreateUploadResponse
from services.client.calls import Calls
from services.client.messages import from_proto
from services.client.options import Photo, is_address
from services.client.patience import Patience
from services.client.steps import Emit, Flow, Method, Next, Open, Pause, Put, ReadFile, Send
from services.common.errors import Forbidden, InvalidInput, NotReady, VitrineError
from services.pb.vitrine.v1 import jobs_pb2, uploads_pb2

#: A photo, or an item with a key or choices of its own.
Item = Photo | api.JobItemSpec
Recipe = PhotoRequest
#: By which field a job's request has each.
_FIELDS: Final[Mapping[type[Recipe], str]] = MappingProxyType(
    {CreateShotRequest: "shot", CreateCutoutRequest: "cutout", LintPhotoRequest: "lint"}
)

_JOBS: Final = jobs_pb2.DESCRIPTOR.services_by_name["JobService"].methods_by_name
_CREATE_UPLOAD: Final = Method(uploads_pb2.DESCRIPTOR.services_by_name["UploadService"].methods_by_name["CreateUpload"])

#: Items that take more together are streamed, in messages of so many bytes at most.
ONE_CALL_BYTES: Final = 4 << 20
MESSAGE_BYTES: Final = 1 << 20
#: A watcher puts up with a service that does not answer for so long.
BREAK_S: Final = 300.0
_ENDED: Final = (api.JobState.DONE, api.JobState.CANCELLED)
#: What `mimetypes` does not know everywhere.
_MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {".avif": "image/avif", ".heic": "image/heic", ".heif": "image/heif", ".webp": "image/webp",
     ".jsonl": "application/jsonl", ".ndjson": "application/jsonl", ".csv": "text/csv"}
)  # fmt: skip

A = TypeVar("A", bound=Message)


class JobFlows(Calls):
    """The calls."""

    def create(
        self, items: Iterable[Item], recipe: Recipe, options: Mapping[str, Any], key: str
    ) -> Flow[api.CreateJobResponse]:
        """A job; one with too many items for a call is opened, and they are streamed into it."""
        specs = yield from self._specs(items, dry_run=bool(options.get("validate_only")))
        fields = {**options, _FIELDS[type(recipe)]: recipe}
        request = to_proto(validated(api.CreateJobRequest, fields), jobs_pb2.CreateJobRequest)
        if request.validate_only or sum(spec.ByteSize() for spec in specs) <= ONE_CALL_BYTES:
            request.items.extend(specs)
            return (yield from self._ask(request, api.CreateJobResponse, key))
        stays_open, request.open = request.open, True
        made = yield from self._ask(request, api.CreateJobResponse, key)
        for number, spec in enumerate(specs):
            # As the service would name it; named here, so that a stream that broke can be sent again.
            spec.key = spec.key or str(number)
        try:
            added = yield from self._add(made.job.job_id, specs, close=not stays_open)
        except VitrineError:
            if not key:  # nobody can come back to it
                yield from self._ask(jobs_pb2.CancelJobRequest(job_id=made.job.job_id), api.CancelJobResponse)
            raise
        return made.model_copy(update={"job": added.job})

    def add(self, job_id: str, items: Iterable[Item], close: bool) -> Flow[api.AddJobItemsResponse]:
        """Further items; those without a key get one, so that a stream that broke can be sent again."""
        specs = yield from self._specs(items)
        unique = uuid.uuid4().hex
        for number, spec in enumerate(specs):
            spec.key = spec.key or f"{unique}-{number}"
        return (yield from self._add(job_id, specs, close=close))

    def get(self, job_id: str) -> Flow[api.Job]:
        """A job as it is now."""
        return (yield from self._ask(jobs_pb2.GetJobRequest(job_id=job_id), api.GetJobResponse)).job

    def all(self, filters: Mapping[str, Any]) -> Flow[None]:
        """Emits jobs, the newest first, page by page."""
        request = to_proto(validated(api.ListJobsRequest, dict(filters)), jobs_pb2.ListJobsRequest)
        while True:
            page = yield from self._ask(request, api.ListJobsResponse)
            for job in page.jobs:
                yield Emit(job)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def items(self, job_id: str, filters: Mapping[str, Any]) -> Flow[None]:
        """Emits a job's items by number, page by page."""
        fields = {"page_size": 500, **filters, "job_id": job_id}
        request = to_proto(validated(api.ListJobItemsRequest, fields), jobs_pb2.ListJobItemsRequest)
        while True:
            page = yield from self._ask(request, api.ListJobItemsResponse)
            for item in page.items:
                yield Emit(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def cancel(self, job_id: str, keys: Sequence[str]) -> Flow[api.Job]:
        """End a job, or some of its items."""
        request = jobs_pb2.CancelJobRequest(job_id=job_id, keys=keys)
        return (yield from self._ask(request, api.CancelJobResponse)).job

    def pause(self, job_id: str) -> Flow[api.Job]:
        """Begin no further item."""
        return (yield from self._ask(jobs_pb2.PauseJobRequest(job_id=job_id), api.PauseJobResponse)).job

    def resume(self, job_id: str) -> Flow[api.Job]:
        """Begin them again."""
        return (yield from self._ask(jobs_pb2.ResumeJobRequest(job_id=job_id), api.ResumeJobResponse)).job

    def retry(self, job_id: str, keys: Sequence[str]) -> Flow[api.RetryJobResponse]:
        """Try failed items again."""
        return (yield from self._ask(jobs_pb2.RetryJobRequest(job_id=job_id, keys=keys), api.RetryJobResponse))

    def delete(self, job_id: str) -> Flow[None]:
        """Remove a job that has ended, with its results."""
        yield from self._ask(jobs_pb2.DeleteJobRequest(job_id=job_id), api.DeleteJobResponse)

    def manifest(self, job_id: str, file_format: api.ManifestFormat) -> Flow[str]:
        """Have what became of every item written to a file; its key."""
        request = to_proto(
            api.CreateJobManifestRequest(job_id=job_id, format=file_format), jobs_pb2.CreateJobManifestRequest
        )
        return (yield from self._ask(request, api.CreateJobManifestResponse)).blob.key

    def watch(self, job_id: str, after_version: int, job_only: bool) -> Flow[None]:
        """Emits what changes until the job has ended; a stream that broke goes on where it was."""
        request = jobs_pb2.WatchJobRequest(job_id=job_id, after_version=after_version, job_only=job_only)
        patience = Patience(BREAK_S, 1000)
        while True:
            call = None
            try:
                call = yield Open(Method(_JOBS["WatchJob"]), request, None, uuid.uuid4().hex)
                while (message := (yield Next(call))) is not None:
                    if message.WhichOneof("event") is None:
                        continue  # the empty message that comes with an error
                    patience = Patience(BREAK_S, 1000)
                    request.after_version = max(request.after_version, message.version)
                    yield Emit(from_proto(message, api.WatchJobResponse))
            except grpc.RpcError as error:
                pause_s = self._pause_after(error, patience)
            else:
                return
            finally:
                if call is not None:
                    call.cancel()
            yield Pause(pause_s)

    def upload(self, file: Path | bytes, media_type: str) -> Flow[str]:
        """Put a file into the store; the key that names it in requests."""
        content: bytes = file if isinstance(file, bytes) else (yield from _read(file))
        kind = media_type or ("" if isinstance(file, bytes) else media_type_of(file))
        fields = {"media_type": kind, "size_bytes": len(content)}
        request = to_proto(validated(CreateUploadRequest, fields), uploads_pb2.CreateUploadRequest)
        patience = self._patience(None)
        while True:
            place = from_proto((yield from self._call(_CREATE_UPLOAD, request, patience)), CreateUploadResponse)
            headers = {each.name: each.value for each in place.headers}
            try:
                status = yield Put(place.url, headers, content, patience.remaining_s)
            except httpx.HTTPError as error:
                fault: VitrineError = NotReady(f"the file could not be sent to {_host(place.url)}")
                fault.__cause__ = error
            else:
                if status < 300:
                    return place.key
                fault = _refused(status, _host(place.url))
            pause_s = patience.pause_after(fault)
            if pause_s is None:
                raise fault
            yield Pause(pause_s)

    def _specs(self, items: Iterable[Item], *, dry_run: bool = False) -> Flow[list[jobs_pb2.JobItemSpec]]:
        """Items as they are sent; files of this machine are put into the store first."""
        specs = []
        for item in items:
            if isinstance(item, api.JobItemSpec):
                spec = item
            elif isinstance(item, bytes):
                spec = api.JobItemSpec(image=ImageSource(content=item))
            elif is_address(item):
                spec = validated(api.JobItemSpec, {"image": {"url": item}})
            elif dry_run:  # nothing is sent; an address that nobody has stands for the file
                spec = api.JobItemSpec(image=ImageSource(url="https://file.invalid/"))
            else:
                spec = api.JobItemSpec(image=ImageSource(blob_key=(yield from self.upload(Path(item), ""))))
            specs.append(to_proto(spec, jobs_pb2.JobItemSpec))
        return specs

    def _add(self, job_id: str, specs: Sequence[jobs_pb2.JobItemSpec], *, close: bool) -> Flow[api.AddJobItemsResponse]:
        messages = list(_messages(job_id, specs))
        messages[-1].close = close
        patience, request_id, method = self._patience(None), uuid.uuid4().hex, Method(_JOBS["AddJobItems"])
        while True:
            try:
                answer = yield Send(method, messages, patience.remaining_s, request_id)
            except grpc.RpcError as error:
                pause_s = self._pause_after(error, patience)
            else:
                return from_proto(answer, api.AddJobItemsResponse)
            yield Pause(pause_s)

    def _ask(self, request: ProtoMessage, answer: type[A], key: str = "") -> Flow[A]:
        method = Method(_JOBS[request.DESCRIPTOR.name.removesuffix("Request")])
        return from_proto((yield from self._call(method, request, self._patience(None), key)), answer)


def media_type_of(file: Path) -> str:
    """What a file's name says it holds.

    Raises:
        InvalidInput: Nothing that is known.
    """
    kind = _MEDIA_TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0]
    if kind is None:
        raise InvalidInput(f"the name of {str(file)!r} does not tell what it holds; name its media_type")
    return kind


def _messages(job_id: str, specs: Sequence[jobs_pb2.JobItemSpec]) -> Iterator[jobs_pb2.AddJobItemsRequest]:
    """At least one, each as large as one may be."""
    message = jobs_pb2.AddJobItemsRequest(job_id=job_id)
    size_bytes = 0
    for spec in specs:
        if len(message.items) == api.MAX_STREAMED_ITEMS or size_bytes >= MESSAGE_BYTES:
            yield message
            message, size_bytes = jobs_pb2.AddJobItemsRequest(job_id=job_id), 0
        message.items.append(spec)
        size_bytes += spec.ByteSize()
    yield message


def _read(file: Path) -> Flow[bytes]:
    try:
        content: bytes = yield ReadFile(file)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidInput(f"the file {str(file)!r} can't be read: {reason}", field="image") from error
    return content


def _host(url: str) -> str:
    return httpx.URL(url).netloc.decode()


def _refused(status: int, host: str) -> VitrineError:
    if status in (429, 500, 502, 503, 504):
        return NotReady(f"{host} does not take the file now (HTTP {status})")
    return Forbidden(f"{host} does not take the file (HTTP {status})")


def ended(job: api.Job) -> bool:
    """Whether nothing of a job changes by itself any more."""
    return job.state in _ENDED
