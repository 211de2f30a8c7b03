"""What the loop's pieces of work take, learned while they are done and remembered over a restart."""

import json
import math
import os
import statistics
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from services.common.logs import logger
from services.generate.diffusion.sample import Bucket

#: Observations that a median is taken of: enough for one slow moment not to count, few enough to follow a change.
KEPT: Final = 15
#: What was remembered counts as so many observations, so that a machine that has changed is soon believed.
REMEMBERED: Final = 3
#: Batch sizes are compared once they have been seen so often; the first time is often slower.
COMPARED: Final = 3
#: A batch must be drawn faster than half of it by so much; else everybody's steps take longer for nothing.
WORTHWHILE: Final = 1.03
#: Every so many steps a size that was not worthwhile is looked at again.
LOOK_AGAIN: Final = 200
PREPARE: Final = "prepare"
STEP: Final = "step"
DECODE: Final = "decode"


class Work(NamedTuple):
    """A piece of work whose time is known once it was done.

    Args:
        kind: `PREPARE`, `STEP` or `DECODE`.
        bucket: Of the samples.
        batch: How many of them.
    """

    kind: str
    bucket: Bucket
    batch: int = 1

    @property
    def size(self) -> int:
        """Latent cells that the networks see: what the time is taken to be proportional to until it is known."""
        height, width = self.bucket.latent_hw
        doubled = 2 if self.kind == STEP and self.bucket.guided else 1
        return height * width * self.batch * doubled


class Estimates:
    """Running medians of seconds, and the largest bytes seen, by piece of work.

    Args:
        path: JSON file to remember them in; None = only this process.
        key: What they hold for: machine, threads, number type, checkpoint. The file keeps those of other keys.
    """

    def __init__(self, path: Path | None = None, key: str = "") -> None:
        self._path = path
        self._key = key
        self._seconds: dict[Work, deque[float]] = {}
        self._medians: dict[Work, float] = {}
        self._bytes: dict[Work, int] = {}
        self._steps: Counter[Bucket] = Counter()
        self._unsaved = False

    @classmethod
    def open(cls, path: Path, key: str) -> Self:
        """What a file remembers; nothing where there is none or it can't be read, which is logged."""
        estimates = cls(path, key)
        for row in _read(path).get(key, []):
            bucket = Bucket((row["latent_hw"][0], row["latent_hw"][1]), row["guided"], row.get("styled", False))
            work = Work(row["kind"], bucket, row["batch"])
            if row.get("seconds") is not None:
                estimates._put(work, [row["seconds"]] * REMEMBERED)
            if row.get("bytes") is not None:
                estimates._bytes[work] = row["bytes"]
        return estimates

    def learn(self, work: Work, seconds: float, peak_bytes: int | None = None) -> None:
        """Take in how long a piece of work took, and what memory it needed where that is known."""
        self._put(work, [seconds])
        self._steps[work.bucket] += work.kind == STEP
        if peak_bytes is not None:
            self._bytes[work] = max(peak_bytes, self._bytes.get(work, 0))
        self._unsaved = True

    def seconds(self, work: Work) -> float | None:
        """What a piece of work takes; from the most alike in size where it was never done; None = nothing is known."""
        known = self._medians.get(work)
        if known is not None:
            return known
        alike = [other for other in self._medians if other.kind == work.kind]
        if not alike:
            return None
        nearest = min(alike, key=lambda other: abs(math.log(work.size / other.size)))
        return self._medians[nearest] * work.size / nearest.size

    def bytes_per_sample(self, bucket: Bucket, *kinds: str) -> int | None:
        """The most that one sample has needed beside the networks in work of these kinds; None = not known."""
        seen = (
            math.ceil(peak / work.batch)
            for work, peak in self._bytes.items()
            if work.bucket == bucket and work.kind in kinds
        )
        return max(seen, default=None)

    def worthwhile(self, bucket: Bucket, limit: int) -> int:
        """The smallest batch, of 1, 2, 4 … up to `limit`, that is drawn about as fast per sample as any.

        What batching gives differs: on a GPU and for small pictures much, for large pictures on a CPU nothing. Sizes
        that were not seen often enough are tried, from below.
        """
        sizes = [*(1 << place for place in range((limit - 1).bit_length())), limit]
        for size in sizes:
            if len(self._seconds.get(Work(STEP, bucket, size), ())) < COMPARED:
                return size
        each = [self._medians[Work(STEP, bucket, size)] / size for size in sizes]
        place = next(place for place, seconds in enumerate(each) if seconds <= WORTHWHILE * min(each))
        if self._steps[bucket] % LOOK_AGAIN == 0:
            place += 1
        return sizes[min(place, len(sizes) - 1)]

    def save(self) -> None:
        """Remember. A file that can't be written is logged and costs the memory alone."""
        if self._path is None or not self._unsaved:
            return
        rows = [
            {
                "kind": work.kind, "latent_hw": list(work.bucket.latent_hw), "guided": work.bucket.guided,
                "styled": work.bucket.styled, "batch": work.batch,
                "seconds": self._medians.get(work), "bytes": self._bytes.get(work),
            }
            for work in sorted(self._seconds)
        ]  # fmt: skip
        written = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            written.write_text(json.dumps(_read(self._path) | {self._key: rows}, indent=1), "utf-8")
            written.replace(self._path)
        except OSError as error:
            logger().warning("estimates can't be remembered", reason=str(error))
        self._unsaved = False

    def _put(self, work: Work, seconds: Iterable[float]) -> None:
        kept = self._seconds.setdefault(work, deque(maxlen=KEPT))
        kept.extend(seconds)
        self._medians[work] = statistics.median(kept)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
        for rows in found.values():
            for row in rows:
                _check_row(row)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, LookupError) as error:
        logger().warning("remembered estimates can't be read; they are learned anew", reason=str(error))
        return {}
    return dict(found)


def _check_row(row: dict[str, Any]) -> None:
    height, width = row["latent_hw"]
    if not (row["kind"] in (PREPARE, STEP, DECODE) and height * width * row["batch"] > 0):
        raise ValueError(f"a row speaks of {row['kind']!r} of {row['latent_hw']}")
    for figure in (row["seconds"], row["bytes"]):
        if figure is not None and not figure >= 0:
            raise ValueError(f"a row says {figure!r}; wanted is a number from 0")
