"""What stands before a gateway replica, and what it adds: Serve's proxy and HAProxy, each beside replicas' own ports.

    python -m loadtests.ingress.run [--rounds 3] [--docs docs/performance.md]
    python -m loadtests.ingress.run --quick        # two minutes, to see that everything works

A real service is started for each, with gateway replicas that also listen themselves. Its callers go through the front
and past it in turns, call by call, so that both meet the same replica and the same machine: a call for next to nothing
(the list of scenes), a photo of two megapixels that is refused when it has been read (there is no such scene), its
cutout as a PNG file, which the service remembers; and the first of them by many clients at once. Each service is up
once in every round, and the order changes.
"""

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from ray.serve._private.haproxy import get_haproxy_binary

from loadtests.ingress.front import FRONTS, Front
from loadtests.ingress.page import page
from loadtests.ingress.service import serving
from loadtests.ingress.visit import QUICK, Lengths, Visit, visit
from loadtests.markdown import put_section
from loadtests.photo import photo_of
from services.cli.machine import machine_facts
from services.common.settings import Settings

PROGRAM: Final = "loadtests.ingress.run"
MEGAPIXELS: Final = 2.0


def asked(front: Front, number: int, port: int, photo: bytes, lengths: Lengths, log: Path) -> Visit:
    """Start a service with that in front, and ask it for everything."""
    with serving(front, port, log, {}) as service:
        return visit(front.name, number, front.doors(service.settings), service.key, photo, lengths)


def main(words: Sequence[str] | None = None) -> None:
    """As asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="Little of everything, once.")
    parser.add_argument("--port", type=int, default=18_000, help="The first of 300 ports.")
    parser.add_argument("--out", type=Path, default=Path("out/ingress"), help="Folder for samples and logs.")
    parser.add_argument("--docs", type=Path, help="Such as docs/performance.md: put the page there.")
    options = parser.parse_args(words)
    facts, lengths = machine_facts(), QUICK if options.quick else Lengths()
    photo = photo_of(MEGAPIXELS, Settings().limits.image)
    options.out.mkdir(parents=True, exist_ok=True)
    visits = []
    for number in range(1, 1 + (1 if options.quick else options.rounds)):
        for front in FRONTS if number % 2 else FRONTS[::-1]:
            print(f"round {number}: {front.title}", file=sys.stderr, flush=True)
            log = options.out / f"{front.name}-{number}.log"
            visits.append(asked(front, number, options.port, photo, lengths, log))
    facts |= {
        "command": shlex.join(["python", "-m", PROGRAM, *sys.argv[1:]]),
        "load_1min_after": machine_facts()["machine"]["load_1min"],
        "photo_bytes": len(photo), "clients": lengths.clients, "haproxy": _haproxy_version(),
    }  # fmt: skip
    _write(facts, visits, options.out, options.docs)


def _write(facts: dict[str, object], visits: Sequence[Visit], out: Path, docs: Path | None) -> None:
    samples = [
        asdict(each)
        | {"took_s": {" ".join(key): value for key, value in each.took_s.items()}}
        | {"per_s": {" ".join(key): value for key, value in each.per_s.items()}}
        for each in visits
    ]
    (out / "samples.json").write_text(json.dumps(facts | {"visits": samples}, indent=1) + "\n", "utf-8")
    text = page(facts, visits)
    if docs is not None:
        put_section(text, PROGRAM, docs)
    print(text)


def _haproxy_version() -> str:
    """The one that Serve would start."""
    told = subprocess.run([get_haproxy_binary(), "-v"], capture_output=True, text=True, check=True)  # noqa: S603
    return " ".join(told.stdout.split()[:3])


if __name__ == "__main__":
    main()
