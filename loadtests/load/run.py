"""A load test: a profile's calls against a service of its own, or one that is there, and a folder of what came of it.

    python -m loadtests.load.run smoke
    python -m loadtests.load.run mixed_day --target grpc.example:9000 --http https://example

Writes run.json (machine, versions, commit, figures of every phase, limits), samples.csv (every call), server.csv (what
the service told of itself), index.html (a page with plots), plots.png and service.log. Exits with 1 where a limit does
not hold.
"""

from loadtests.load.caller import Caller, LoadEnvironment

# isort: split
import argparse
import json
import logging
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import gevent
import yaml

from loadtests.load.agenda import Agenda
from loadtests.load.figures import by_phase
from loadtests.load.grpc_callers import GRPC_CALLERS
from loadtests.load.http_callers import HTTP_CALLERS
from loadtests.load.own_service import METRICS_EVERY_S, own_service
from loadtests.load.page import number, page_of
from loadtests.load.place import Place
from loadtests.load.plots import Run, figure_of, svg_of
from loadtests.load.profile import Kind, Profile
from loadtests.load.sample import save_samples, save_table
from loadtests.load.server_series import Reading, Scraper
from loadtests.load.verdict import Verdict, verdicts
from loadtests.photo import photo_of
from services.cli.machine import machine_facts
from services.common.errors import InvalidInput, VitrineError
from services.common.settings import LimitSettings

CALLERS: Final[dict[Kind, type[Caller]]] = {each.kind: each for each in (*GRPC_CALLERS, *HTTP_CALLERS)}


def main() -> int:
    """Run a profile; 1 where a limit does not hold, 2 where it can't be run."""
    options = arguments()
    # Stopped from outside, it stops its own service too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.getLogger("locust").setLevel(logging.ERROR)
    try:
        return 0 if run(Profile.load(options.profile), options) else 1
    except VitrineError as error:
        print(f"{options.profile}: {error.message}", file=sys.stderr)
        return 2


def run(profile: Profile, options: argparse.Namespace) -> bool:
    """Make the calls and write everything; whether all limits hold."""
    facts, began = machine_facts(), datetime.now(UTC)
    name = Path(options.profile).stem
    folder = options.out / f"{name}-{began:%Y%m%dT%H%M%SZ}"
    folder.mkdir(parents=True)
    photo = photo_of(profile.megapixels, LimitSettings().image)
    with place_of(profile, photo, options, folder) as place:
        agenda, told = called(profile, place, photo)
    judged = verdicts(profile.limits, agenda.ran, agenda.samples)
    found = facts | {
        "profile": name, "summary": profile.summary, "began": began.isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "loadtests.load.run", *sys.argv[1:]]), "seed": profile.seed,
        "as_read": profile.model_dump(mode="json", exclude_defaults=True),
        "phases": by_phase(agenda.ran, agenda.samples),
        "limits": [{"about": each.about, "bar": each.bar, "found": each.found, "holds": each.holds} for each in judged],
    }  # fmt: skip
    save(found, judged, Run(agenda.ran, agenda.samples, told), folder)
    tell(found, judged, folder)
    return all(each.holds for each in judged)


def called(profile: Profile, place: Place, photo: bytes) -> tuple[Agenda, list[Reading]]:
    """Walk through all phases, and read what the service tells meanwhile."""
    agenda = Agenda(profile)
    environment = LoadEnvironment([CALLERS[kind] for kind in profile.kinds], profile, place, photo, agenda)
    for caller in environment.user_classes:
        caller.fixed_count = profile.callers
    runner = environment.create_local_runner()
    users = profile.callers * len(profile.kinds)
    scraper = Scraper([each for each in (place.metrics, f"{place.http}/metrics") if each])
    reading = gevent.spawn(_read_on, scraper, agenda)
    try:
        runner.start(users, spawn_rate=users, wait=True)
        agenda.run()
    finally:
        reading.kill()
        runner.quit()
        scraper.close()
        environment.close()
    return agenda, scraper.readings


def _read_on(scraper: Scraper, agenda: Agenda) -> None:
    while True:
        scraper.read(agenda.now_s)
        gevent.sleep(METRICS_EVERY_S)


@contextmanager
def place_of(profile: Profile, photo: bytes, options: argparse.Namespace, folder: Path) -> Iterator[Place]:
    """The service that is named, or one of the profile's own.

    Raises:
        InvalidInput: A service that is there lacks what the profile needs.
    """
    if not options.target:
        with (
            tempfile.TemporaryDirectory(prefix="vitrine-load-") as data,
            own_service(profile, photo, options.port, Path(data), folder / "service.log") as place,
        ):
            yield place
        return
    keys = yaml.safe_load(options.keys.read_text("utf-8")) if options.keys else {}
    if lost := set(profile.tenants) - set(keys):
        raise InvalidInput(f"the profile needs a key of the tenant {lost.pop()!r}: name a file with --keys")
    if not options.photo_url and {Kind.ADDRESS_GRPC, Kind.ADDRESS_HTTP} & set(profile.kinds):
        raise InvalidInput("the profile has photos fetched: say with --photo-url where the service finds one")
    yield Place(options.target, options.http, options.metrics, options.photo_url, keys)


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profile", help="The name of one in loadtests/profiles, or a file that ends in .yaml.")
    parser.add_argument("--target", default="", help="Host and port of a service's gRPC; else one is started.")
    parser.add_argument("--http", default="http://127.0.0.1:8000", help="With --target: the base of its HTTP.")
    parser.add_argument("--metrics", default="", help="With --target: where Ray tells Prometheus of it.")
    parser.add_argument("--photo-url", default="", help="With --target: where it may fetch a photo.")
    parser.add_argument("--keys", type=Path, help="With --target: a YAML file with an API key for each tenant.")
    parser.add_argument("--port", type=int, default=18500, help="The first of four ports of an own service.")
    parser.add_argument("--out", type=Path, default=Path("out/load"), help="The run's folder is made in here.")
    return parser.parse_args()


def save(found: dict[str, Any], judged: list[Verdict], drawn: Run, folder: Path) -> None:
    """Everything but the log."""
    (folder / "run.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    save_samples(drawn.samples, folder / "samples.csv")
    names = [field.name for field in fields(Reading)]
    save_table(names, (astuple(each) for each in drawn.readings), folder / "server.csv")
    figure = figure_of(drawn)
    figure.savefig(folder / "plots.png", dpi=90)
    (folder / "index.html").write_text(page_of(found, judged, svg_of(figure)), "utf-8")


def tell(found: dict[str, Any], judged: list[Verdict], folder: Path) -> None:
    """Print the phases and what became of the limits."""
    columns = ("calls", "goodput_per_s", "p50_s", "p99_s", "refused", "refusal_p50_s", "failed")
    print(f"{'phase':14}" + "".join(f"{name:>15}" for name in columns))
    for phase in found["phases"]:
        print(f"{phase['phase']:14}" + "".join(f"{number(phase['figures'][name]):>15}" for name in columns))
    for each in judged:
        print(f"{'holds' if each.holds else 'BROKEN':7}{each.about}: {number(each.found)}, {each.bar}")
    print(f"{folder}/index.html")


if __name__ == "__main__":
    sys.exit(main())
