"""Callers over gRPC, by the client library."""

from loadtests.load.caller import PITCH_DEG, SCENE, Caller, Failed, Made

# isort: split
from typing import Any, Final

from loadtests.load.agenda import Due
from loadtests.load.profile import Kind
from services.client import CreateCutoutRequest, DenoisingStep, Photo, Vitrine


class GrpcCaller(Caller):
    """One with the client library."""

    abstract = True

    def vitrine(self, due: Due) -> Vitrine:
        """The tenant's connection."""
        return self.environment.vitrine(due.tenant)

    def options(self, due: Due) -> dict[str, Any]:
        """Of a shot."""
        fixed = {"seed": due.seed, "canvas": self.environment.canvas, "camera_pitch_deg": PITCH_DEG}
        return fixed | self.environment.profile.shot

    def shot(self, due: Due, photo: Photo) -> Made:
        """One of that photo."""
        self.vitrine(due).shot(photo, SCENE, **self.options(due))
        return Made()


class ShotGrpc(GrpcCaller):
    """A shot of a photo that is sent along."""

    kind = Kind.SHOT_GRPC

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        return self.shot(due, self.environment.photo)


class AddressGrpc(GrpcCaller):
    """A shot of a photo that the service fetches."""

    kind = Kind.ADDRESS_GRPC

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        return self.shot(due, self.environment.place.photo)


class CutoutGrpc(GrpcCaller):
    """A cutout of a photo that is sent along."""

    kind = Kind.CUTOUT_GRPC

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        self.vitrine(due).cutout(self.environment.photo)
        return Made()


class StreamGrpc(GrpcCaller):
    """A shot told stage by stage."""

    kind = Kind.STREAM_GRPC

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        agenda, profile = self.environment.agenda, self.environment.profile
        first_s, previews = None, 0
        for event in self.vitrine(due).stream_shot(
            self.environment.photo, SCENE, preview_every=profile.preview_every, **self.options(due)
        ):
            first_s = first_s or agenda.now_s
            previews += isinstance(event, DenoisingStep) and bool(event.preview)
        return Made(previews=previews, first_s=first_s)


class JobGrpc(GrpcCaller):
    """A job of cutouts, watched to its end and then removed."""

    kind = Kind.JOB_GRPC

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        items = self.environment.profile.job_items
        jobs = self.vitrine(due).jobs
        job = jobs.create([self.environment.photo] * items, CreateCutoutRequest()).job
        for event in jobs.watch(job.job_id, job_only=True):
            job = event.job or job
        jobs.delete(job.job_id)
        if job.counts.succeeded < items:
            raise Failed("item_failed")
        return Made(pictures=items)


GRPC_CALLERS: Final = (ShotGrpc, AddressGrpc, CutoutGrpc, StreamGrpc, JobGrpc)
