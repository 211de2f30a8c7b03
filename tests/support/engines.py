"""Specs and stores of engines whose bytes mean nothing, and a process that builds them.

python -m tests.support.engines ROOT BYTE [die]    builds an engine of that byte as soon as ROOT/go is there, or dies
"""

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from services.common.errors import StorageUnavailable
from services.generate.engine.bucket import Profile, ShapeBucket
from services.generate.engine.interface import Interface, TensorSpec
from services.generate.engine.spec import Backend, EngineSpec, ModelSpec, Part, Precision, Target
from services.generate.engine.store import EngineStore

SIZE_BYTES = 5000


def engine_spec(version="11.4.0.106", onnx="a") -> EngineSpec:
    """A spec of a UNet for an H200."""
    interface = Interface((TensorSpec("sample", "float16", ("rows", 9, "height", "width")),), (), cell_px=8, multiple=2)
    target = Target(Backend.TENSORRT, version, "13", ("9.0",), "NVIDIA H200", "linux-x86_64")
    model = ModelSpec(Part.UNET, onnx * 64, "b" * 64, interface, in_channels=9)
    return EngineSpec(model, target, (Profile.static(ShapeBucket(1, 512, 512)),), Precision.FP16)


def building(byte=b"e", times=None):
    """A builder that writes one byte many times, and appends to `times` that it did."""

    def build(path: Path) -> None:
        if times is not None:
            times.append(byte)
        path.write_bytes(byte * SIZE_BYTES)

    return build


class SharedLeases:
    """Leases of several machines that share a clock.

    Args:
        clock: Seconds; whoever advances it lets leases expire.
        ttl_s: How long one lasts. Nothing extends it here.
    """

    def __init__(self, clock, ttl_s=30.0) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._holders: dict[str, tuple[object, float]] = {}

    @contextmanager
    def holding(self, name):
        holder, until = self._holders.get(name, (None, 0.0))
        if holder is not None and until > self._clock():
            yield None
            return
        lease = _Lease(self, name)
        self._holders[name] = lease, self._clock() + self._ttl_s
        try:
            yield lease
        finally:
            if self.is_held(name, lease):
                del self._holders[name]

    def is_held(self, name, lease) -> bool:
        holder, until = self._holders.get(name, (None, 0.0))
        return holder is lease and until > self._clock()


class _Lease:
    def __init__(self, leases, name) -> None:
        self._leases = leases
        self._name = name

    def check(self) -> None:
        if not self._leases.is_held(self._name, self):
            raise StorageUnavailable(f"the lease on {self._name!r} was lost")


def main() -> None:
    root, byte, *die = sys.argv[1:]

    def build(path: Path) -> None:
        path.write_bytes(byte.encode() * SIZE_BYTES)
        print("building", flush=True)  # noqa: T201 - the test waits for it
        if die:
            os._exit(9)
        while not (Path(root) / "go").exists():
            time.sleep(0.02)

    found = EngineStore(Path(root)).build(engine_spec(), build)
    print("none" if found is None else found.data[:1].decode(), flush=True)  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
