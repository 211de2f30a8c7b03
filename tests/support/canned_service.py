"""A gRPC server on a real socket that answers from a script, for tests of what stands before it."""

# ruff: noqa: N802 - the protos name these methods

import hashlib
import threading
import time
from collections import deque
from concurrent import futures

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from services.pb.vitrine.v1 import (
    catalog_pb2,
    catalog_pb2_grpc,
    common_pb2,
    jobs_pb2_grpc,
    lint_pb2,
    lint_pb2_grpc,
    studio_pb2,
    studio_pb2_grpc,
    uploads_pb2_grpc,
)
from tests.support.canned_jobs import CannedJobs

PICTURE = b"the picture's bytes"
SHA256 = hashlib.sha256(PICTURE).hexdigest()


def rich_status(reason, message="it went wrong", code=code_pb2.UNAVAILABLE, retry_after_s=None, **metadata):
    """A status as the gateway sends it."""
    details = [error_details_pb2.ErrorInfo(reason=reason, domain="vitrine", metadata=metadata)]
    if retry_after_s is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(int(retry_after_s * 1e9))
        details.append(retry)
    packed = [any_pb2.Any() for _ in details]
    for box, detail in zip(packed, details, strict=True):
        box.Pack(detail)
    return status_pb2.Status(code=code, message=message, details=packed)


class Fault:
    """A scripted failure: a rich status, or a bare code with a text, `after` so many messages of a stream."""

    def __init__(self, status=None, code=None, text="", after=0):
        self.status, self.code, self.text, self.after = status, code, text, after

    def strike(self, context):
        if self.status is not None:
            context.abort_with_status(rpc_status.to_status(self.status))
        context.abort(self.code, self.text)


class CannedService(
    studio_pb2_grpc.StudioServiceServicer,
    lint_pb2_grpc.LintServiceServicer,
    catalog_pb2_grpc.CatalogServiceServicer,
    health_pb2_grpc.HealthServicer,
):
    """Answers every call well; before that, each call takes one fault from `faults` while there are any.

    Attributes:
        requests: What came in, in order, faults included.
        request_ids: What their callers named them.
        authorizations: Who they said they are.
        picture: The file that every picture is; set `sha256` with it.
        inline: Whether pictures travel inside answers.
        layers: Names of layers that shots come with.
        report: What shots tell of their product.
        unfixed: Why the one rule of every rule set is broken still where a fix was asked for.
        preview: What every preview is.
        upon_request: Called before each is taken.
        delay_s: Before each answer.
        cancelled: Set when a streaming caller left.
        jobs: The services of jobs, with the same requests and faults.
    """

    def __init__(self):
        self.faults = deque()
        self.requests = []
        self.request_ids = []
        self.authorizations = []
        self.picture = PICTURE
        self.inline = True
        self.layers = ()
        self.report = studio_pb2.PreservationReport()
        self.unfixed = ""
        self.sha256 = SHA256
        self.preview = b"a preview"
        self.upon_request = lambda: None
        self.delay_s = 0.0
        self.health = [health_pb2.HealthCheckResponse.SERVING]
        self.cancelled = threading.Event()
        self.jobs = CannedJobs(self._arrive)

    def _arrive(self, request, context):
        self.upon_request()
        self.requests.append(request)
        sent = dict(context.invocation_metadata())
        self.request_ids.append(sent.get("request_id"))
        self.authorizations.append(sent.get("authorization"))
        time.sleep(self.delay_s)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None and fault.after == 0:
            fault.strike(context)
        return fault

    def _blob(self):
        return common_pb2.Blob(
            key="shots/1.jpg", media_type="image/jpeg", size_bytes=len(self.picture), sha256=self.sha256,
            width=8, height=6, content=self.picture if self.inline else b"",
        )  # fmt: skip

    def _shot(self, request):
        return studio_pb2.CreateShotResponse(
            request_id="r1", image=self._blob(), scene_id=request.scene_id, seed=request.seed, confidence=0.9,
            preservation=studio_pb2.PreservationProof(identical=True, core_area_px=2**40),
            timings=[common_pb2.StageTiming(stage=common_pb2.Stage.SEGMENT)], camera_pitch_deg=40, camera_roll_deg=-2,
            focal_length_mm=50, view_confidence=0.93, mannequin_confidence=0.5,
            recoloured={"before": "#aa0000", "after": "#00aa00"},
            layers=[studio_pb2.Layer(name=name, blob=self._blob()) for name in self.layers], report=self.report,
        )  # fmt: skip

    def CreateCutout(self, request, context):
        self._arrive(request, context)
        return studio_pb2.CreateCutoutResponse(request_id="r1", image=self._blob(), confidence=0.5, model="isnet-1")

    def CreateShot(self, request, context):
        self._arrive(request, context)
        return self._shot(request)

    def LintPhoto(self, request, context):
        self._arrive(request, context)
        broken = lint_pb2.LintFinding(
            rule="fill", level=lint_pb2.LintRule.REQUIRED, found="a product that takes 10%", wanted="85% or more"
        )
        answer = lint_pb2.LintPhotoResponse(rule_set=request.rule_set, verdict={"findings": [broken]})
        if request.fix:
            kept = lint_pb2.LintFinding(
                rule="fill", passed=not self.unfixed, unfixed=self.unfixed, found="a product that takes 90%"
            )
            verdict = lint_pb2.LintVerdict(passed=not self.unfixed, findings=[kept])
            answer.fix.CopyFrom(lint_pb2.LintFix(image=self._blob(), verdict=verdict))
        return answer

    def ListRuleSets(self, request, context):
        self._arrive(request, context)
        names = {"": ("amazon-main", "next"), "next": ("ebay", "")}
        rule_set_id, token = names[request.page_token]
        return lint_pb2.ListRuleSetsResponse(
            rule_sets=[lint_pb2.RuleSet(rule_set_id=rule_set_id)], next_page_token=token
        )

    def StreamShot(self, request, context):
        fault = self._arrive(request, context)
        context.add_callback(self.cancelled.set)
        for number, stage in enumerate((common_pb2.Stage.DECODE, common_pb2.Stage.SEGMENT), start=1):
            state = studio_pb2.StageEvent.STARTED
            yield studio_pb2.StreamShotResponse(stage=studio_pb2.StageEvent(stage=stage, state=state))
            if fault is not None and fault.after == number:
                fault.strike(context)
        for step in range(1, request.shot.steps + 1):
            preview = self.preview if request.preview_every and step % request.preview_every == 0 else b""
            told = studio_pb2.DenoisingStep(step=step, steps=request.shot.steps, preview=preview, attempt=1)
            yield studio_pb2.StreamShotResponse(step=told)
        yield studio_pb2.StreamShotResponse(shot=self._shot(request.shot))

    def ReadBlob(self, request, context):
        fault = self._arrive(request, context)
        for number, start in enumerate(range(0, len(PICTURE), 8), start=1):
            yield studio_pb2.ReadBlobResponse(chunk=PICTURE[start : start + 8], size_bytes=len(PICTURE))
            if fault is not None and fault.after == number:
                fault.strike(context)

    def ListScenes(self, request, context):
        self._arrive(request, context)
        names = {"": ("marble", "next"), "next": ("window", "")}
        scene_id, token = names[request.page_token]
        poses = [studio_pb2.CreateShotRequest.LYING]
        scene = catalog_pb2.Scene(
            scene_id=scene_id, title=scene_id.title(), poses=poses, pitch_min_deg=5, pitch_max_deg=60,
            place=catalog_pb2.Scene.INDOOR,
        )  # fmt: skip
        return catalog_pb2.ListScenesResponse(scenes=[scene], next_page_token=token)

    def ListModels(self, request, context):
        self._arrive(request, context)
        model = catalog_pb2.Model(name="isnet", kind=catalog_pb2.Model.SEGMENTATION, size_bytes=2**33, cached=True)
        return catalog_pb2.ListModelsResponse(models=[model])

    def Check(self, request, context):
        self._arrive(request, context)
        status = self.health.pop(0) if len(self.health) > 1 else self.health[0]
        return health_pb2.HealthCheckResponse(status=status)


class RunningService:
    """`CannedService` behind a socket, as a context manager; `address` is where."""

    def __init__(self, service, address="127.0.0.1:0"):
        options = [("grpc.max_receive_message_length", 64 << 20), ("grpc.so_reuseport", 0)]
        self._server = grpc.server(futures.ThreadPoolExecutor(8), options=options)
        studio_pb2_grpc.add_StudioServiceServicer_to_server(service, self._server)
        lint_pb2_grpc.add_LintServiceServicer_to_server(service, self._server)
        catalog_pb2_grpc.add_CatalogServiceServicer_to_server(service, self._server)
        jobs_pb2_grpc.add_JobServiceServicer_to_server(service.jobs, self._server)
        uploads_pb2_grpc.add_UploadServiceServicer_to_server(service.jobs, self._server)
        health_pb2_grpc.add_HealthServicer_to_server(service, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port(address)}"

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop(grace=None).wait()
