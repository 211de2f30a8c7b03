"""Denoising loops that a test cranks by hand."""

from services.common.deadline import Deadline
from services.common.metrics import Recorder
from services.generate.diffusion.estimates import COMPARED, DECODE, PREPARE, STEP, Estimates, Work
from services.generate.diffusion.order import Order
from services.generate.diffusion.request import Inpainting
from services.generate.diffusion.sample import Bucket
from services.generate.loop import DenoisingLoop, LoopLimits
from tests.support.diffusion import held_square, sample_request, soft_picture
from tests.support.fake_metrics import FakeMetrics
from tests.support.fake_pipeline import DECODE_S, PREPARE_S, STEP_S, FakePipeline
from tests.support.virtual_clock import VirtualClock

SQUARE = Bucket((8, 8), guided=True)
WIDE = Inpainting.plain(soft_picture(9, (48, 80)), held_square((48, 80)))


def known_estimates(max_batch=8):
    """What a `FakePipeline`'s work takes, as if learned."""
    estimates = Estimates()
    estimates.learn(Work(PREPARE, SQUARE), PREPARE_S)
    estimates.learn(Work(DECODE, SQUARE), DECODE_S)
    for batch in range(1, max_batch + 1):
        for _ in range(COMPARED):
            estimates.learn(Work(STEP, SQUARE, batch), STEP_S)
    return estimates


class CrankedLoop:
    """A loop over a `FakePipeline`, its time virtual."""

    def __init__(self, fits=1000, broken=(), estimates=None, batching_helps=True, **limits):
        self.clock = VirtualClock()
        self.pipeline = FakePipeline(self.clock, fits, broken, batching_helps)
        self.metrics = FakeMetrics()
        self.loop = DenoisingLoop(
            self.pipeline, known_estimates() if estimates is None else estimates, LoopLimits(**limits),
            clock=self.clock, timer=self.clock, recorder=Recorder(self.metrics),
        )  # fmt: skip

    def submit(self, seed, steps=4, within_s=None, request=None, **order):
        """Order one picture; its seed names it in the pipeline's record."""
        deadline = order.pop("deadline", None) or Deadline(None if within_s is None else self.clock() + within_s)
        request = {"seed": seed, "steps": steps} | (request or {})
        return self.loop.submit(Order(sample_request(**request), deadline, **order))

    def turns(self, number):
        for _ in range(number):
            self.loop.turn()

    def run_out(self, most=10_000):
        """Crank until nothing is left."""
        for _ in range(most):
            if not self.loop.turn():
                return
        raise AssertionError(f"the loop did not end in {most} turns")
