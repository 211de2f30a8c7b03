"""What nobody should send: a seeded generator of hostile inputs for both protocols."""

import base64
import json
import random
import struct
import zlib
from dataclasses import dataclass, field

from services.pb.vitrine.v1 import common_pb2, studio_pb2
from tests.support.hostile_images import hostile_image

TEXTS = (
    "", "\x00", "../../../etc/passwd", "..\\..\\x", "/etc/shadow", "%2e%2e%2f", "${jndi:ldap://x}",
    "'; DROP TABLE x;--",
    "\u202emarble", "e\u0301" * 40, "🛍" * 20, "\ufeffmarble", "ﷺ" * 10, "a" * 5000, "{{7*7}}", "<script>", "marble\n",
)  # fmt: skip
NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1", "9" * 400, "1.5", "1e-400", "true", "null", '"x"', "[]", "{}")
FIELDS = ("seed", "camera_pitch_deg", "canvas.width", "canvas.height", "canvas.padding", "canvas.scale",
          "canvas.position_x", "output.quality", "timeout", "scene_id", "pose", "shadow")  # fmt: skip
FLOATS = (float("nan"), float("inf"), float("-inf"), -0.0, 1e308, -1e308, 5e-324)
KEYS = ("shots/../../url-signing.key", "shots//x.png", "shots/./x.png", "cutouts/%2e%2e/x", "shots/\x00.png",
        "shots/" + "a/" * 500, "shots/x.png\n", "..", "shots/", "\u2025/shots", "shots/" + "a" * 9000)  # fmt: skip
BOUNDARY = "xxBOUNDARYxx"


@dataclass(frozen=True)
class HttpInput:
    """A request as its bytes go over the wire.

    Args:
        name: Which kind it is.
        method, path: Of the first line, sent as they are.
        headers: Sent as they are, after a correct `Content-Length` unless one is among them.
        body: What follows.
        broken: It is no HTTP at all, so the server may hang up without a problem document.
    """

    name: str
    method: str
    path: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    broken: bool = False


@dataclass(frozen=True)
class GrpcInput:
    """A call as its bytes go over the wire.

    Args:
        name: Which kind it is.
        method: Of StudioService.
        message: Serialised, or what pretends to be.
        metadata: Sent with it.
    """

    name: str
    method: str
    message: bytes
    metadata: tuple[tuple[str, str], ...] = ()


def hostile_inputs(photo, seed, count):
    """That many inputs, of every kind in turn; the same seed gives the same bytes."""
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")  # noqa: S311 - a reproducible one is wanted
        yield KINDS[number % len(KINDS)](rng, photo)


def _form(name, parts, boundary=BOUNDARY, declared=None, end=b"--\r\n", **options):
    lines = [f"--{boundary}\r\n".encode() + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts]
    kind = f"multipart/form-data; boundary={boundary if declared is None else declared}"
    body = b"".join(lines) + f"--{boundary}".encode() + end
    return HttpInput(name, "POST", "/v1/shots", [("Content-Type", kind)], body, **options)


def _part(name, content=b"", extra=""):
    return f'Content-Disposition: form-data; name="{name}"{extra}'.encode("utf-8", "surrogatepass"), content


def _file(content, extra='; filename="a.jpg"'):
    return _part("image", content, extra)


def image_over_grpc(rng, photo):
    kind, content = hostile_image(rng, photo)
    request = studio_pb2.CreateShotRequest(scene_id="white", canvas={"width": 96, "height": 96})
    request.image.content = content
    return GrpcInput(f"grpc image {kind}", "CreateShot", request.SerializeToString())


def image_over_http(rng, photo):
    kind, content = hostile_image(rng, photo)
    made = _form(f"http image {kind}", [_file(content), _part("crop", b"true")])
    return HttpInput(made.name, "POST", "/v1/cutouts", made.headers, made.body)


def broken_protobuf(rng, photo):
    whole = studio_pb2.CreateShotRequest(scene_id="white", image={"content": photo[:200]}).SerializeToString()
    kind = rng.choice(("truncated", "random", "groups", "mutated", "length", "varint", "nested"))
    message = {
        "truncated": whole[: rng.randrange(1, len(whole))],
        "random": rng.randbytes(rng.randrange(1, 500)),
        "groups": b"\x0b" * rng.randrange(1, 5000),
        "mutated": bytes(byte ^ (rng.random() < 0.1 and rng.randrange(256)) for byte in whole),
        "length": b"\x0a\xff\xff\xff\xff\x0f" + whole,
        "varint": b"\x0a" + b"\xff" * 20,
        "nested": b"\x0a\x02\x0a\x00" * rng.randrange(1, 2000),
    }[kind]
    return GrpcInput(f"protobuf {kind}", rng.choice(("CreateShot", "CreateCutout", "ReadBlob")), message)


def odd_values_in_protobuf(rng, photo):
    request = studio_pb2.CreateShotRequest(scene_id="white", image={"content": photo}, canvas={"scale": 0.1})
    kind = rng.choice(("scene", "canvas", "float", "pitch", "timeout", "format", "quality"))
    if kind == "scene":
        request.scene_id = rng.choice(TEXTS)
    elif kind == "canvas":
        request.canvas.width, request.canvas.height = rng.choice((1, 2**31 - 1, -(2**31))), rng.choice((0, 1, 2))
    elif kind == "float":
        setattr(request.canvas, rng.choice(("padding", "scale", "position_x", "position_y")), rng.choice(FLOATS))
    elif kind == "pitch":
        request.camera_pitch_deg = rng.choice(FLOATS)
    elif kind == "timeout":
        request.timeout.seconds = rng.choice((-1, 2**63 - 1, -(2**63), 315_576_000_000))
        request.timeout.nanos = rng.choice((-1, 2**31 - 1, 0))
    elif kind == "format":
        request.output.format = rng.choice((77, -5))
    else:
        request.output.quality = rng.choice((-1, 101, 2**31 - 1))
    return GrpcInput(f"protobuf odd {kind}", "CreateShot", request.SerializeToString())


def unknown_fields_in_protobuf(rng, photo):
    image = common_pb2.ImageSource(content=b"x" * rng.randrange(100)).SerializeToString()
    message = b"\x0a" + bytes([len(image)]) + image + b"\xfa\x3f\x04abcd" * rng.randrange(1, 50)
    return GrpcInput("protobuf unknown fields", "CreateCutout", message)


def blob_key_over_grpc(rng, photo):
    message = studio_pb2.ReadBlobRequest(key=rng.choice(KEYS)).SerializeToString()
    return GrpcInput("grpc key", "ReadBlob", message, (("request_id", rng.choice(("../x", "a" * 500, "-", "%00"))),))


def odd_json(rng, photo):
    good = base64.b64encode(photo).decode()
    members = {"scene_id": '"white"', "canvas": '{"scale": 0.1}', "image": json.dumps({"content": good})}
    kind = rng.choice(("field", "canvas", "image", "scene", "charset", "twice"))
    if kind == "field":
        members[rng.choice([name for name in FIELDS if "." not in name])] = rng.choice(NUMBERS)
    elif kind == "canvas":
        members["canvas"] = rng.choice((*NUMBERS, '{"scale": NaN}', '{"width": 1e9, "height": 1e9}', '{"x": {}}'))
    elif kind == "image":
        odd = rng.choice(("", "####", "é", None, 7, [], {"content": ""}, good[:-1], good + "===", "\x00"))
        members["image"] = json.dumps(rng.choice((odd, {"content": odd})))
    elif kind == "scene":
        members["scene_id"] = json.dumps(rng.choice(TEXTS))
    text = "{" + ", ".join(f'"{name}": {value}' for name, value in members.items())
    text += ', "scene_id": "marble"}' if kind == "twice" else "}"
    charset = rng.choice(("; charset=utf-16", ";;;", '; charset=""')) if kind == "charset" else ""
    return HttpInput(
        f"json odd {kind}", "POST", "/v1/shots", [("Content-Type", f"application/json{charset}")], text.encode()
    )


def broken_json(rng, photo):
    kind = rng.choice(("deep", "objects", "cut", "surrogate", "bytes", "number", "many", "empty", "top"))
    depth = rng.randrange(1000, 200_000)
    body = {
        "deep": b"[" * depth,
        "objects": b'{"canvas":' * depth,
        "cut": b'{"scene_id": "mar',
        "surrogate": b'{"scene_id": "\\ud800\\udfff\\ud800"}',
        "bytes": b'{"scene_id": "\xff\xfe\xc0\x80"}',
        "number": b'{"seed": ' + b"9" * depth + b"}",
        "many": b"{" + b",".join(b'"k%d":0' % each for each in range(depth // 10)) + b"}",
        "empty": b"",
        "top": rng.choice((b"null", b"7", b'"x"', b"[]", b"NaN")),
    }[kind]
    return HttpInput(f"json {kind}", "POST", "/v1/shots", [("Content-Type", "application/json")], body)


def broken_form(rng, photo):
    kind = rng.choice(("end", "boundary", "none", "heads", "cut", "long head", "empty", "transfer", "unicode"))
    good = [_file(photo), _part("scene_id", b"white"), _part("canvas.width", b"96"), _part("canvas.height", b"96")]
    if kind == "cut":
        whole = _form(kind, good)
        body = whole.body[: rng.randrange(len(whole.body))]
        return HttpInput("form cut", "POST", "/v1/shots", whole.headers, body)
    made = {
        "end": lambda: _form(kind, good, end=rng.randbytes(8)),
        "boundary": lambda: _form(kind, good, declared="other"),
        "none": lambda: _form(kind, good, declared=rng.choice(("", '""', "a" * 300, "\u00e9"))),
        "heads": lambda: _form(kind, [(rng.randbytes(40).replace(b"\r\n", b""), photo[:99])]),
        "long head": lambda: _form(kind, [_part("a" * 70_000, b"x")]),
        "empty": lambda: _form(kind, []),
        "transfer": lambda: _form(kind, [_file(photo, '; filename="a"\r\nContent-Transfer-Encoding: base64')]),
        "unicode": lambda: _form(kind, [_part(rng.choice(("imagé", "\ud800", "im\x00age")), b"x"), *good]),
    }[kind]()
    return HttpInput(f"form {kind}", "POST", "/v1/shots", made.headers, made.body)


def odd_form(rng, photo):
    kind = rng.choice(("many", "twice", "deep", "whole and part", "names", "text image", "numbers", "long"))
    parts = {
        "many": [_part(f"field{each}", b"x") for each in range(rng.randrange(60, 3000))],
        "twice": [_file(photo), _file(photo)],
        "deep": [_part(".".join("a" * rng.randrange(2, 3000)), b"x"), _file(photo)],
        "whole and part": [_part("canvas", b"{}"), _part("canvas.width", b"7"), _file(photo)],
        "names": [_part(rng.choice((*TEXTS[1:14], "__class__.__init__", ".", "..", "canvas.", ".canvas")), b"x")],
        "text image": [_part("image", photo)],
        "numbers": [
            _part(name, rng.choice((*NUMBERS, "٣", " 7 ", "0x10", "1_000")).encode()) for name in rng.sample(FIELDS, 3)
        ],
        "long": [_part("scene_id", b"x" * rng.randrange(17_000, 200_000))],
    }[kind]
    if kind == "numbers":
        parts = [_file(photo), _part("scene_id", b"white"), *parts]
    return _form(f"form {kind}", parts)


def odd_path(rng, photo):
    key = rng.choice(KEYS).replace("\x00", "%00").replace("\n", "%0a").replace("\u2025", "%E2%80%A5")
    signature = rng.choice(("0" * 64, "", "%ff%fe", "%C3%A9" * 64, "a" * 5000, "..%2f"))
    expires = rng.choice(("0", "-1", "9" * 40, "NaN", "1e9", "", "%00", "٣".encode().hex()))
    path = rng.choice(
        (
            f"/v1/blobs/{key}?expires={expires}&signature={signature}",
            f"/v1/scenes?page_size={expires}&page_token={signature[:200]}",
            f"/v1/models?{'a=1&' * rng.randrange(1, 900)}",
            f"/{'../' * rng.randrange(1, 40)}etc/passwd",
            f"/v1/%2e%2e/{'%2f' * rng.randrange(1, 40)}",
            "//v1//shots",
            "/v1/shots;x=1",
            f"/{'a' * rng.randrange(1, 9000)}",
        )
    )
    method = rng.choice(("GET", "GET", "GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"))
    return HttpInput("path", method, path)


def odd_headers(rng, photo):
    made = _form("", [_file(photo), _part("scene_id", b"white"), _part("canvas.scale", b"0.1")])
    extra = rng.choice(
        (
            ("X-Request-Id", rng.choice(("a" * 3000, "../../x", "\u00e9\u00ff", "{}", "id\tid"))),
            ("Accept", rng.choice(("image/*;q=nan", ";;;", "image/png;q=1e999", "," * 3000, "image/" + "x" * 5000))),
            ("X-Forwarded-For", rng.choice(("::1%eth0", "999.1.1.1", "127.0.0.1, 8.8.8.8", "\u00e9"))),
            ("Content-Encoding", "gzip"),
            ("Expect", "100-continue"),
            ("Cookie", "a=b;" * rng.randrange(1, 8000)),
            ("Authorization", "Bearer " + "x" * 4000),
            ("X-Request-Timeout-Seconds", rng.choice(("0", "-1", "NaN", "0.000001"))),
            ("Range", "bytes=-9999999999999999999"),
            ("Upgrade", "websocket"),
        )
    )
    return HttpInput(f"header {extra[0]}", "POST", "/v1/shots", [*made.headers, extra], made.body)


def broken_http(rng, photo):
    kind = rng.choice(("length", "short", "chunks", "both", "name", "line"))
    form = [("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")]
    headers, body = {
        "length": ([("Content-Length", rng.choice(("-1", "abc", "1e3", "9" * 30)))], b"x"),
        "short": ([("Content-Length", "100000")], b"--" + BOUNDARY.encode()),
        "chunks": ([("Transfer-Encoding", "chunked")], rng.choice((b"zz\r\n", b"ffffffffffffffffff\r\nx", b"5\r\nab"))),
        "both": ([("Transfer-Encoding", "chunked"), ("Content-Length", "3")], b"0\r\n\r\n"),
        "name": ([("Bad Name", "x"), ("Content-Length", "0")], b""),
        "line": ([("X", "a\r\n b"), ("Content-Length", "0")], b""),
    }[kind]
    return HttpInput(f"http {kind}", "POST", "/v1/shots", form + headers, body, broken=True)


def large_body(rng, photo):
    kind = rng.choice(("json", "form", "gzip"))
    if kind == "json":
        body = b'{"image": {"content": "' + b"A" * (4 << 20) + b'"}}'
        return HttpInput("large json", "POST", "/v1/cutouts", [("Content-Type", "application/json")], body)
    if kind == "form":
        return _form("large form", [_file(struct.pack(">I", rng.randrange(2**32)) * (700 << 10))])
    packed = zlib.compress(bytes(50 << 20))
    headers = [("Content-Type", "application/json"), ("Content-Encoding", "deflate")]
    return HttpInput("large unpacked", "POST", "/v1/cutouts", headers, packed)


KINDS = (
    image_over_grpc, broken_protobuf, image_over_http, broken_form, odd_json, odd_path, odd_values_in_protobuf,
    odd_form, broken_json, odd_headers, blob_key_over_grpc, broken_http, unknown_fields_in_protobuf, large_body,
)  # fmt: skip
