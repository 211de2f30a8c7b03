"""The same photos, weights and cores through five ways to make cutouts and shots, in turns.

    pip install -e ".[load]" -c constraints.txt
    python -m loadtests.peers.run --tune           # about 27 minutes; tries setups of (b) and (c) first
    python -m loadtests.peers.run                  # about 23; takes those that were the best on two cores
    python -m loadtests.peers.run --quick          # about 4, to see that everything works
    python -m loadtests.peers.run photos/*.jpg     # other photos

One peer is up at a time (but for calls to (d) and (e) in turns), each once in every round, and the order of rounds
changes, so that a machine that others use too meets all alike. Writes figures.json, samples.csv, page.md and plots;
`--docs` puts page and plots into a document.
"""

import argparse
import asyncio
import json
import math
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import psutil

from loadtests.peers import peer as peers
from loadtests.peers.callers import CUTOUT, KINDS, SHOT
from loadtests.peers.chart import save_charts
from loadtests.peers.figures import latency, throughput
from loadtests.peers.load import Load, Scene
from loadtests.peers.page import page, put_into_docs
from loadtests.peers.peer import Peer, Running, Setup
from loadtests.peers.photo import Photo, open_photos
from loadtests.peers.report import report, save_samples
from loadtests.peers.visit import FULL, QUICK, SATURATED, Lengths, Visit, Visitor
from services.cli.machine import machine_facts
from services.common.ports import require_free_ports
from services.common.settings import SegmentSettings, Settings

#: Of (b)'s throughput; the rate at which all are asked.
RATE_SHARE: Final = 0.7
#: The most that was seen: (b) with FastAPI's own threads computes as many networks as there are clients.
_FREE_GB: Final = 10
_TUNED_S: Final = {CUTOUT: 6.0, SHOT: 8.0}
_PACKAGES: Final = ("rembg", "fastapi", "uvicorn", "litserve", "pymatting")


class Comparison:
    """All rounds.

    Args:
        settings: Ports.
        lengths: How much is measured.
        scene: Of shots.
        photos: With where they lie.
        folder: For what peers write.
    """

    def __init__(
        self,
        settings: Settings,
        lengths: Lengths,
        scene: Scene,
        photos: Sequence[tuple[Photo, Path]],
        folder: Path,
    ) -> None:
        self._settings = settings
        self._lengths = lengths
        self._scene = scene
        self._photos = photos
        self._folder = folder
        self._started = 0
        self.visits: list[Visit] = []
        self.beside: list[Visit] = []
        self.per_s: dict[str, float] = {}
        self.tried: list[dict[str, Any]] = []

    async def tuned(self, setups: Sequence[Setup], make: Any) -> Setup:
        """The setup with the highest throughput, of cutouts and shots alike (their geometric mean)."""
        scores = {}
        for setup in setups:
            peer = make(setup)
            _say(f"({peer.letter}) {setup}")
            async with self._up(peer) as running:
                load = self._load(running)
                visitor = Visitor(running, load, self._lengths, 0)
                await visitor.start()
                stretches = {kind: await load.at_once(kind, self._lengths.clients, _TUNED_S[kind]) for kind in KINDS}
            found = {kind: throughput(stretches[kind]) for kind in KINDS}
            self.tried.append({"peer": peer.letter, "setup": str(setup), "throughput_per_s": found})
            scores[setup] = math.prod(value or 0.0 for value in found.values())
        return max(scores, key=lambda each: scores[each])

    async def round(self, number: int, roster: Sequence[Peer], *, last: bool) -> None:
        """Every peer once; more than they can make comes in the last round alone."""
        for peer in roster:
            _say(f"round {number}: ({peer.letter}) {peer.title}")
            async with self._up(peer) as running:
                visitor = Visitor(running, self._load(running), self._lengths, number)
                await visitor.start()
                await visitor.rest("started")
                if peer.letter == "e":
                    self.beside.append(await self._in_turns(visitor))
                else:
                    await visitor.one_client()
                await visitor.saturated()
                if peer.served:
                    await visitor.at_rate(self._rates(peer, visitor.visit))
                await visitor.rest("after work")
                if peer.served and last:
                    await visitor.overloaded()
            self.visits.append(visitor.visit)

    async def remembering(self) -> dict[str, Any]:
        """Latency of (e) with its memory of cutouts, for photos that it has cut out before: apart from all else."""
        cutouts_mb = SegmentSettings().cutouts_mb
        _say(f"(e) with {cutouts_mb} MiB for cutouts")
        async with self._up(peers.vitrine(cutouts_mb)) as running:
            load = self._load(running)
            await Visitor(running, load, self._lengths, 0).start()
            count = len(self._photos) * len(running.callers)
            await load.one_client(CUTOUT, count)
            taken = {kind: await load.one_client(kind, count) for kind in KINDS}
        return {"cutouts_mb": cutouts_mb} | {kind: latency(taken[kind].calls) for kind in KINDS}

    async def _in_turns(self, visitor: Visitor) -> Visit:
        """Beside (d), which is up for as long as that."""
        settings = _ports(self._settings.ray.metrics_port + 1)
        async with Running(peers.plain_classes(), settings, self._new_folder()) as plain:
            load = self._load(plain)
            await Visitor(plain, load, self._lengths, 0).start()
            return await visitor.in_turns(load)

    def _rates(self, peer: Peer, visit: Visit) -> dict[str, float]:
        """Those of all peers; (b) is the first to be asked, and sets them."""
        if not self.per_s:
            if peer.letter != "b":
                raise RuntimeError("(b) has to be measured first")
            for kind in KINDS:
                own = throughput(visit.stretches[SATURATED, kind])
                if own is None:
                    raise RuntimeError(f"(b) made no {kind} at saturation; logs are in {self._folder}")
                self.per_s[kind] = RATE_SHARE * own
        return self.per_s

    def _up(self, peer: Peer) -> Running:
        require_free_ports(self._settings)
        return Running(peer, self._settings, self._new_folder())

    def _load(self, running: Running) -> Load:
        return Load(running.callers, self._photos, self._scene, self._lengths.patience_s)

    def _new_folder(self) -> Path:
        self._started += 1
        return self._folder / f"{self._started:02}"


async def compare(comparison: Comparison, rounds: int, tune: bool) -> tuple[dict[str, str], dict[str, Any]]:
    """Everything in its order.

    Returns:
        How (b) and (c) were set up, and what (e) does with its memory of cutouts.
    """
    usual, lit = peers.FASTAPI_SETUPS[0], peers.LITSERVE_SETUPS[0]
    if tune:
        usual = await comparison.tuned(peers.FASTAPI_SETUPS, peers.fastapi)
        lit = await comparison.tuned(peers.LITSERVE_SETUPS, peers.litserve)
    roster = [peers.fastapi(usual), peers.litserve(lit), peers.script(), peers.plain_classes(), peers.vitrine()]
    for number in range(rounds):
        await comparison.round(number + 1, roster if number % 2 == 0 else roster[::-1], last=number == rounds - 1)
    return {"b": str(usual), "c": str(lit)}, await comparison.remembering()


def main() -> int:
    """Compare, write, tell; 1 where a bar is missed."""
    options = _options()
    if (free_gb := psutil.virtual_memory().available / 1e9) < _FREE_GB:
        raise SystemExit(f"{_FREE_GB} GB of free memory are needed, there are {free_gb:.1f}")
    facts, lengths = machine_facts(), QUICK if options.quick else FULL
    rounds = options.rounds or (1 if options.quick else 2)
    photos, scene = open_photos(options.photos), Scene(options.scene, options.pitch)
    logs = options.out / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    # Leave through every `with`, so that no peer is left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    comparison = Comparison(_ports(options.port), lengths, scene, _saved(photos, options.out.resolve()), logs)
    setups, remembering = asyncio.run(compare(comparison, rounds, options.tune))
    found = report(comparison.visits, comparison.beside)
    of_b = found["peers"]["b"]["throughput_per_s"]
    figures = facts | {
        "versions": facts["versions"] | {name: metadata.version(name) for name in _PACKAGES},
        "command": shlex.join(["python", "-m", "loadtests.peers.run", *sys.argv[1:]]),
        "load_1min_after": machine_facts()["machine"]["load_1min"],
        "photos": [f"{each.name}, {each.size_hw[1]} x {each.size_hw[0]}" for each in photos],
        "scene": asdict(scene), "rounds": rounds, "lengths": asdict(lengths),
        "setups": setups, "remembering": remembering, "tried": comparison.tried, "rate_per_s": comparison.per_s,
        "rate_of_b": {kind: comparison.per_s[kind] / (of_b[kind] or math.nan) for kind in KINDS},
    } | found  # fmt: skip
    _write(comparison, figures, options.out, options.docs)
    return 1 if any(row["verdict"] in ("missed", "not measured") for row in figures["must_show"]) else 0


def _write(comparison: Comparison, figures: dict[str, Any], out: Path, docs: Path | None) -> None:
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    save_samples([*comparison.visits, *comparison.beside], out / "samples.csv")
    charts = save_charts(comparison.visits, figures, out)
    text = page(figures)
    (out / "page.md").write_text(text, "utf-8")
    if docs is not None:
        put_into_docs(text, charts, docs)
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("photos", nargs="*", type=Path, help="Photos; packaged ones if none.")
    parser.add_argument("--quick", action="store_true", help="Little of everything.")
    parser.add_argument("--tune", action="store_true", help="Try setups of (b) and (c), and take the best.")
    parser.add_argument("--rounds", type=int, help="2 if not given, 1 with --quick.")
    parser.add_argument("--scene", default="marble", help="Of shots.")
    parser.add_argument("--pitch", type=float, default=40.0, help="How far the photos' camera looked down, in degrees.")
    parser.add_argument("--port", type=int, default=18700, help="The first of six ports.")
    parser.add_argument("--out", type=Path, default=Path("out/peers"), help="Folder for what was found.")
    parser.add_argument("--docs", type=Path, help="Such as docs/performance.md: put the page there, plots beside it.")
    return parser.parse_args()


def _ports(first: int) -> Settings:
    return Settings.model_validate(
        {"http": {"port": first}, "grpc": {"port": first + 1}, "ray": {"metrics_port": first + 2}}
    )  # fmt: skip


def _saved(photos: Sequence[Photo], folder: Path) -> list[tuple[Photo, Path]]:
    """With files, for peers that read them."""
    placed = []
    for number, photo in enumerate(photos):
        path = folder / f"photo-{number}.jpg"
        path.write_bytes(photo.content)
        placed.append((photo, path))
    return placed


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
