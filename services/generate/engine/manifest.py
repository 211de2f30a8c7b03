"""What is known of a stored engine: JSON beside it, read without believing it."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from services.common.errors import ModelUnavailable
from services.generate.engine.spec import SCHEMA, EngineSpec, canonical_json

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """A stored engine.

    Args:
        key: `EngineSpec.key()`.
        spec: Everything that the key is made of.
        engine_sha256: Of the engine's bytes.
        size_bytes: Of the engine.
        driver: Of the machine that built it, "580.65.06"; empty where that had no GPU.
        built_at_s: Unix time.
    """

    key: str
    spec: dict[str, Any]
    engine_sha256: str
    size_bytes: int
    driver: str
    built_at_s: float

    @classmethod
    def of(cls, spec: EngineSpec, engine: bytes, driver: str, built_at_s: float) -> Self:
        """Of an engine that was just built."""
        described = {"schema": SCHEMA, **json.loads(canonical_json(asdict(spec)))}
        return cls(spec.key(), described, hashlib.sha256(engine).hexdigest(), len(engine), driver, built_at_s)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read one.

        Raises:
            ModelUnavailable: It is none, or contradicts itself.
        """
        try:
            manifest = cls(**json.loads(data))
            sound = (
                hashlib.sha256(canonical_json(manifest.spec).encode()).hexdigest() == manifest.key
                and manifest.spec["schema"] == SCHEMA
                and bool(_SHA256.fullmatch(manifest.engine_sha256))
                and _version(manifest.driver) is not None
                and manifest.size_bytes > 0
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelUnavailable("an engine's manifest is damaged", reason="damaged") from error
        if not sound:
            raise ModelUnavailable("an engine's manifest contradicts itself", reason="damaged")
        return manifest

    def to_json(self) -> bytes:
        """What `parse` reads."""
        return json.dumps(asdict(self), sort_keys=True, indent=1).encode()

    def check(self, spec: EngineSpec, engine: bytes, driver: str) -> None:
        """Refuse bytes that are not this engine, and an engine that is not the one wanted or not for this machine.

        Args:
            spec: What is wanted.
            engine: The bytes that will be deserialised; libraries notice neither truncation nor a flipped bit.
            driver: Of this machine; empty = unknown, which is not compared.

        Raises:
            ModelUnavailable: `details["reason"]` is "damaged", "foreign" or "old_driver".
        """
        if self.key != spec.key():
            raise ModelUnavailable("a stored engine is of another spec than its name says", reason="foreign")
        self.check_bytes(engine)
        # Engines were seen to fail with nothing but the driver differing: https://github.com/NVIDIA/TensorRT/issues/3829
        built, here = _version(self.driver), _version(driver)
        if built and here and here < built:
            raise ModelUnavailable(
                f"the engine was built with driver {self.driver}, this machine has {driver}; wanted is the same or a "
                "later one",
                reason="old_driver",
            )

    def check_bytes(self, engine: bytes) -> None:
        """Refuse bytes that are not those that were built.

        Raises:
            ModelUnavailable: `details["reason"]` is "damaged".
        """
        if len(engine) != self.size_bytes or hashlib.sha256(engine).hexdigest() != self.engine_sha256:
            raise ModelUnavailable(
                f"a stored engine is not what was built: it has {len(engine)} bytes of {self.size_bytes}, or others",
                reason="damaged",
            )


def _version(driver: str) -> tuple[int, ...] | None:
    """None where it is no version; empty where there is none."""
    if not driver:
        return ()
    return tuple(map(int, driver.split("."))) if re.fullmatch(r"\d+(\.\d+)*", driver) else None
