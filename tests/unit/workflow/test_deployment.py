"""Where calls to Generate go; that results come back over Serve is tested with the running service."""

import hashlib

import pytest

from services.common.camera import Camera
from services.common.geometry import Box
from services.common.metrics import Recorder, Silent
from services.common.placement import Placement
from services.generate.schema import STYLES_NAMES, Drawing, DrawnStyle, GenerateRequest
from services.workflow.deployment import RemoteGenerate

PLACEMENT = Placement((80, 64), Box(0, 0, 40, 40), 10, 10, 1.0, Box(10, 10, 40, 40))


class FakeHandle:
    """Notes how it is called."""

    def __init__(self, options=None):
        self.options_given = options or {}
        self.calls = []
        self.run = self

    def options(self, **options):
        other = FakeHandle(self.options_given | options)
        other.calls = self.calls
        return other

    def remote(self, request):
        self.calls.append(self.options_given)


def style(name, weight=1.0):
    return DrawnStyle(name, f"styles/{name}", hashlib.sha256(name.encode()).hexdigest(), weight)


def sent(*styles):
    """The options that a drawing's call was made with."""
    handle = FakeHandle()
    drawing = Drawing(PLACEMENT, "a cup", styles=styles)
    request = GenerateRequest("marble", Camera((80, 64), 10, 30, (40, 40), 50), 1, drawing=drawing)
    RemoteGenerate(handle, Recorder(Silent)).run(request)
    return handle.calls[0]


def test_drawing_without_styles_goes_anywhere():
    assert sent() == {}


def test_same_styles_go_where_they_went_whatever_their_order_and_weights():
    first, again = sent(style("linen"), style("dusk", 0.2)), sent(style("dusk"), style("linen", 0.7))
    assert first == again != {}


@pytest.mark.parametrize("other", [("linen",), ("dusk", "linen"), ("snow",)], ids="-".join)
def test_other_styles_may_go_elsewhere(other):
    assert sent(*map(style, other)) != sent(style("dusk"))


def test_names_are_few():
    names = {Drawing(PLACEMENT, "", styles=(style(str(number)),)).styles_name for number in range(2000)}
    assert len(names) <= STYLES_NAMES
