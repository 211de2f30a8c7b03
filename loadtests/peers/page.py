"""What was found, as a section of a Markdown document."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from loadtests.markdown import put_section, table
from loadtests.peers.callers import CUTOUT, KINDS, SHOT

#: Writes the section of a document.
PROGRAM: Final = "loadtests.peers.run"
#: With more than this at the beginning, others worked on the same cores.
QUIET_LOAD: Final = 1.0

#: Processes that take less for a picture are in the sum alone.
_WORTH_TELLING_S: Final = 0.005

_TITLES: Final = {
    "a": "(a) plain script", "b": "(b) FastAPI around it", "c": "(c) LitServe around it",
    "d": "(d) Vitrine's plain classes", "e": "(e) Vitrine",
}  # fmt: skip


def page(figures: Mapping[str, Any]) -> str:
    """All tables of a run.

    Args:
        figures: As `run` writes them.
    """
    parts = [
        _about(figures),
        _must_show(figures["must_show"]),
        *(_pictures(kind, figures) for kind in KINDS),
        _cpu(figures["peers"]),
        _service(figures["peers"]),
        _overload(figures["peers"]),
        _added(figures["added"]),
        _remembering(figures["remembering"]),
        _setups(figures),
        _remarks(figures),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def put_into_docs(text: str, charts: Sequence[Path], document: Path) -> None:
    """Put the section where the document marks its place, and plots into the folder `images` beside it.

    Raises:
        ValueError: The document has no such place.
    """
    shown = [f"![{each.stem.replace('_', ' ')}](images/peers_{each.name})" for each in charts]
    put_section("\n\n".join([text.rstrip(), *shown]), PROGRAM, document)
    images = document.parent / "images"
    images.mkdir(exist_ok=True)
    for chart in charts:
        shutil.copyfile(chart, images / f"peers_{chart.name}")


def _about(figures: Mapping[str, Any]) -> str:
    machine, versions, lengths = figures["machine"], figures["versions"], figures["lengths"]
    packages = ("python", "onnxruntime", "openvino", "ray", "rembg", "fastapi", "uvicorn", "litserve", "pillow")
    told = ", ".join(f"{name} {versions[name]}" for name in packages if name in versions)
    load, load_after, rounds = machine["load_1min"], figures["load_1min_after"], figures["rounds"]
    busy = " **A rehearsal: others worked on the same cores.**" if load > QUIET_LOAD else ""
    return (
        f"`{figures['command']}`: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, load {load} "
        f"before and {load_after} after; {told}; commit {figures['commit']}; {rounds} rounds, "
        f"{lengths['clients']} clients at saturation. Photos: {'; '.join(figures['photos'])}.{busy}"
    )


def _must_show(rows: Sequence[Mapping[str, Any]]) -> str:
    words = {"stretch": "stretch reached", "bar": "bar reached", "missed": "**missed**", "not measured": "not measured"}
    lines = []
    for row in rows:
        sense = "at least" if row["more_is_better"] else "at most"
        found = f"{_number(row['value'])} {row['unit']}" + (f" ({row['beside']})" if row["beside"] else "")
        either = " or 8 %" if row["beside"] else ""
        lines.append(
            (row["measure"], found, f"{sense} {row['bar']:g}{either}", f"{row['stretch']:g}", words[row["verdict"]])
        )  # fmt: skip
    return table(("measure", "found", "bar", "stretch", ""), lines)


def _pictures(kind: str, figures: Mapping[str, Any]) -> str:
    lines = []
    for letter, found in figures["peers"].items():
        for way, alone in found["one_client"].get(kind, {}).items():
            first = way == next(iter(found["one_client"][kind]))
            lines.append(
                (
                    _TITLES[letter] + (f", {way}" if letter == "e" else ""),
                    _spread(alone),
                    _by_round(found, kind) if first else "",
                    *(_due(found["at_rate"].get(kind)) if first else ("", "")),
                )
            )  # fmt: skip
    rate = figures["rate_per_s"][kind]
    share = figures["rate_of_b"][kind]
    heading = (
        f"**{kind.capitalize()}s**, bytes to PNG. The rate is {rate:.2f} a second, {share:.0%} of (b)'s saturation."
    )
    columns = (
        "",
        "one client, median (least to most; n)",
        "a second at saturation (by round)",
        "at the rate, median",
        "p95 (n)",
    )
    return f"{heading}\n\n{table(columns, lines)}"


def _cpu(peers: Mapping[str, Any]) -> str:
    """What a picture takes of the cores, whoever waits for whom; of (e) by process."""
    lines = [
        (_TITLES[letter], *(_ms(sum(found["cpu_s"][kind].values())) for kind in KINDS))
        for letter, found in peers.items()
    ]
    if "e" in peers:
        own = peers["e"]["cpu_s"]
        roles = sorted({*own[CUTOUT], *own[SHOT]}, key=lambda role: -own[SHOT].get(role, 0.0))
        told = [role for role in roles if max(own[kind].get(role, 0.0) for kind in KINDS) >= _WORTH_TELLING_S]
        lines += [(f"(e) {role}", *(_ms(own[kind].get(role, 0.0)) for kind in KINDS)) for role in told]
    columns = ("CPU time for each at saturation", "a cutout", "a shot")
    return table(columns, lines)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def _service(peers: Mapping[str, Any]) -> str:
    lines = [
        (
            _TITLES[letter],
            _seconds(found["ready_s"]),
            _seconds(found["first_answer_s"]),
            f"{found['rest_mb'] / 1000:.2f}",
            f"{max(each['at work'] for each in found['pss_mb']) / 1000:.2f}",
            f"{found['rest_cpu']:.2f}",
        )
        for letter, found in peers.items()
    ]  # fmt: skip
    columns = (
        "",
        "start to ready, s",
        "to the first cutout, s",
        "PSS at rest, GB",
        "at work, GB",
        "cores busy at rest",
    )
    return f"**Start and memory**\n\n{table(columns, lines)}"


def _overload(peers: Mapping[str, Any]) -> str:
    lines = []
    for letter, found in peers.items():
        if flood := found.get("overload"):
            goodput = flood["goodput_per_s"] / found["throughput_per_s"][SHOT]
            due, accepted = found["at_rate"][SHOT]["p99_s"], flood["accepted"]["p99_s"]
            told_no = "" if flood["told_no_s"] is None else f"{1000 * flood['told_no_s']:.0f} ms"
            lines.append(
                (
                    _TITLES[letter], f"{flood['offered_per_s']:.2f}", f"{goodput:.0%}",
                    "" if accepted is None else f"{accepted:.1f} s",
                    "" if accepted is None or not due else f"{accepted / due:.1f} times",
                    f"{flood['answered']:.0%}", f"{flood['refused']:.0%}", f"{flood['gave_up']:.0%}", told_no,
                    str(flood["n"]),
                )
            )  # fmt: skip
    if not lines:
        return ""
    columns = (
        "", "shots asked for a second", "made, of its own peak", "p99 of those", "against p99 at the rate", "answered",
        "refused", "gave up", "median until that", "n",
    )  # fmt: skip
    return f"**Four times too many shots**\n\n{table(columns, lines)}"


def _added(added: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        (f"{kind}, {way}", f"{found['ms']:.0f} ms", f"{found['q1_ms']:.0f} to {found['q3_ms']:.0f}",
         f"{found['of_ms']:.0f} ms", f"{found['share']:.1%}", str(found["n"]))
        for kind in (SHOT, CUTOUT)
        for way, found in added[kind].items()
        if found["ms"] is not None
    ]  # fmt: skip
    columns = ("what (e) takes more than (d) in the same turn", "median", "quartiles", "(d) takes", "share", "n")
    return table(columns, lines)


def _remembering(found: Mapping[str, Any]) -> str:
    told = "; ".join(f"a {kind} {_spread(found[kind])}" for kind in KINDS)
    memory = f"`segment.cutouts_mb`, {found['cutouts_mb']} MiB"
    return (
        f"Apart, as nobody else has it: (e) with its memory of cutouts ({memory}), one client, photos that were cut "
        f"out before: {told}. Everywhere else it is off."
    )


def _setups(figures: Mapping[str, Any]) -> str:
    chosen = "; ".join(f"({letter}) {setup}" for letter, setup in figures["setups"].items())
    if not figures["tried"]:
        return f"Setups, the best of an earlier run with `--tune`: {chosen}."
    lines = [
        (f"({each['peer']})", each["setup"], *(_number(each["throughput_per_s"][kind]) for kind in KINDS))
        for each in figures["tried"]
    ]
    return f"Setups tried; taken were {chosen}.\n\n{table(('', 'setup', 'cutouts a second', 'shots a second'), lines)}"


def _remarks(figures: Mapping[str, Any]) -> str:
    own = max(found["own_cpu"] for found in figures["peers"].values())
    failed = {
        f"({letter}) {kind} {outcome}": count
        for letter, found in figures["peers"].items()
        for kind in KINDS
        for part in (*found["one_client"].get(kind, {}).values(), found["at_rate"].get(kind, {"outcomes": {}}))
        for outcome, count in part["outcomes"].items()
        if outcome != "ok"
    }
    told = "; ".join(f"{what}: {count}" for what, count in failed.items()) or "none"
    busy = f"The caller itself kept at most {own:.2f} of the cores busy."
    return f"{busy} Calls without a picture before the overload: {told}."


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"


def _spread(found: Mapping[str, Any]) -> str:
    if not found["n"]:
        return ""
    return f"{found['p50_s']:.2f} s ({found['least_s']:.2f} to {found['most_s']:.2f}; {found['n']})"


def _by_round(found: Mapping[str, Any], kind: str) -> str:
    apart = ", ".join(_number(each) for each in found["throughput_rounds_per_s"][kind])
    return f"{_number(found['throughput_per_s'][kind])} ({apart})"


def _due(found: Mapping[str, Any] | None) -> tuple[str, str]:
    if not found or not found["n"]:
        return "", ""
    return f"{found['p50_s']:.2f} s", f"{found['p95_s']:.2f} s ({found['n']})"


def _seconds(values: Sequence[float]) -> str:
    return ", ".join(f"{each:.1f}" for each in values)
