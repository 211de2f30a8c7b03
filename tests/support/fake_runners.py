"""Runners that compute next to nothing and can be held, broken and counted."""

import threading

import torch

from services.common.errors import Internal, InvalidInput


class FakeRunner:
    """Answers its inputs' "sample" times a factor.

    Args:
        name: Of the runner.
        factor: What it multiplies with; also what a "refit" changes.
    """

    def __init__(self, name="fake", factor=2.0) -> None:
        self.name = name
        self.factor = factor
        self.calls = 0
        self.closed = False
        self.broken = False
        self.refuses = False
        self.at_work = 0
        self.most_at_work = 0
        self.entered = threading.Event()
        self.may_go = threading.Event()
        self.may_go.set()

    def run(self, inputs):
        if self.closed:
            raise AssertionError(f"{self.name} was called after it was closed")
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        self.entered.set()
        try:
            self.may_go.wait(30)
            factor = self.factor
            if self.broken:
                raise Internal("the device is lost")
            if self.refuses:
                raise InvalidInput("no profile for this shape")
            self.calls += 1
            return {"out": inputs["sample"] * factor}
        finally:
            self.at_work -= 1

    def close(self) -> None:
        if self.at_work:
            raise AssertionError(f"{self.name} was closed while somebody was at work in it")
        self.closed = True


class TorchReference:
    """A sub-model as a runner, and what may be wrong with an engine of it.

    Args:
        model: The sub-model.
        harm: Given the outputs by name, changes them.
    """

    name = "reference"

    def __init__(self, model, harm=None) -> None:
        self._model = model
        self._harm = harm or (lambda outputs: outputs)

    def run(self, inputs):
        with torch.no_grad():
            outputs = self._model(*[inputs[spec.name] for spec in self._model.interface.inputs])
        names = [spec.name for spec in self._model.interface.outputs]
        return self._harm(dict(zip(names, outputs, strict=True)))

    def close(self) -> None:
        pass
