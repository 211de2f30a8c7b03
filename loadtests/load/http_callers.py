"""Callers over HTTP, as any client would: forms, JSON, event streams."""

from loadtests.load.caller import PITCH_DEG, SCENE, Caller, Failed, Made

# isort: split
import base64
import json
import time
from typing import Any, Final

import httpx

from loadtests.load.agenda import Due
from loadtests.load.profile import Kind

_PICTURE: Final = {"Accept": "image/*"}
_EVENTS: Final = {"Accept": "text/event-stream"}
_POLL_S: Final = 0.5
_ENDED: Final = frozenset({"DONE", "CANCELLED"})


class HttpCaller(Caller):
    """One with httpx."""

    abstract = True

    def http(self, due: Due) -> httpx.Client:
        """The tenant's connections."""
        return self.environment.http(due.tenant)

    def options(self, due: Due) -> dict[str, Any]:
        """Of a shot, as JSON."""
        side = self.environment.profile.canvas_px
        return {
            "scene_id": SCENE, "seed": due.seed, "camera_pitch_deg": PITCH_DEG,
            "canvas": {"width": side, "height": side}, **self.environment.profile.shot,
        }  # fmt: skip

    def form(self, fields: dict[str, Any]) -> dict[str, Any]:
        """The photo as a file, and the fields by their dotted names."""
        flat: dict[str, str] = {}
        for name, value in fields.items():
            inner = value if isinstance(value, dict) else {"": value}
            flat |= {f"{name}.{leaf}".rstrip("."): str(each) for leaf, each in inner.items()}
        return {"files": {"image": ("photo.jpg", self.environment.photo, "image/jpeg")}, "data": flat}

    def picture(self, due: Due, path: str, **body: Any) -> Made:
        """Post, and get the picture itself."""
        checked(self.http(due).post(path, headers=_PICTURE, **body))
        return Made()


class ShotHttp(HttpCaller):
    """A shot of a photo that is sent along as a form's file."""

    kind = Kind.SHOT_HTTP

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        return self.picture(due, "/v1/shots", **self.form(self.options(due)))


class CutoutHttp(HttpCaller):
    """A cutout of a photo that is sent along as a form's file."""

    kind = Kind.CUTOUT_HTTP

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        return self.picture(due, "/v1/cutouts", **self.form({}))


class AddressHttp(HttpCaller):
    """A shot of a photo that the service fetches."""

    kind = Kind.ADDRESS_HTTP

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        source = {"image": {"url": self.environment.place.photo}}
        return self.picture(due, "/v1/shots", json=self.options(due) | source)


class UploadHttp(HttpCaller):
    """A photo put to the address that the service signed for it, and a shot of it."""

    kind = Kind.UPLOAD_HTTP

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        photo = self.environment.photo
        asked = {"media_type": "image/jpeg", "size_bytes": len(photo)}
        place = checked(self.http(due).post("/v1/uploads", json=asked)).json()
        headers = {each["name"]: each["value"] for each in place["headers"]}
        checked(self.http(due).put(place["url"], content=photo, headers=headers))
        return self.picture(due, "/v1/shots", json=self.options(due) | {"image": {"blob_key": place["key"]}})


class StreamHttp(HttpCaller):
    """A shot told stage by stage as Server-Sent Events."""

    kind = Kind.STREAM_HTTP

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        query = {"preview_every": self.environment.profile.preview_every}
        form = self.form(self.options(due))
        with self.http(due).stream("POST", "/v1/shots", headers=_EVENTS, params=query, **form) as answer:
            if not answer.is_success:
                answer.read()
                checked(answer)
            return self._heard(answer)

    def _heard(self, answer: httpx.Response) -> Made:
        first_s, previews, name = None, 0, ""
        for line in answer.iter_lines():
            field, _, value = line.partition(": ")
            if field == "event":
                first_s, name = first_s or self.environment.agenda.now_s, value
            elif field == "data" and name == "error":
                raise Failed(json.loads(value)["code"])
            elif field == "data" and name == "step":
                previews += "preview" in value
        if name != "shot":
            raise Failed("broken_stream")
        return Made(previews=previews, first_s=first_s)


class JobHttp(HttpCaller):
    """A job of cutouts, asked about until it has ended and then removed."""

    kind = Kind.JOB_HTTP

    def call(self, due: Due) -> Made:
        """See `Caller.call`."""
        items, http = self.environment.profile.job_items, self.http(due)
        item = {"image": {"content": base64.b64encode(self.environment.photo).decode()}}
        job = checked(http.post("/v1/jobs", json={"cutout": {}, "items": [item] * items})).json()["job"]
        while job["state"] not in _ENDED:
            time.sleep(_POLL_S)
            job = checked(http.get(f"/v1/jobs/{job['job_id']}")).json()["job"]
        checked(http.delete(f"/v1/jobs/{job['job_id']}"))
        if job["counts"]["succeeded"] < items:
            raise Failed("item_failed")
        return Made(pictures=items)


HTTP_CALLERS: Final = (ShotHttp, CutoutHttp, AddressHttp, UploadHttp, StreamHttp, JobHttp)


def checked(answer: httpx.Response) -> httpx.Response:
    """The answer, if it is one.

    Raises:
        Failed: It is an error.
    """
    if answer.is_success:
        return answer
    problem = "json" in answer.headers.get("content-type", "")
    raise Failed(str(answer.json().get("code", answer.status_code)) if problem else str(answer.status_code))
