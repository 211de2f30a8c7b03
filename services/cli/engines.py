"""`vitrine engines`: compiled sub-models on this machine."""

import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from services.cli.configuration import open_settings
from services.cli.console import JsonOption, asides, results, write_json

if TYPE_CHECKING:
    from rich.status import Status

    from services.common.settings import Settings
    from services.generate.diffusion.checkpoint import Checkpoint
    from services.generate.engine.builder import BuildProgress
    from services.generate.engine.spec import Backend, Target
    from services.generate.engine.store import EngineStore, Entry

engines = typer.Typer(no_args_is_help=True, help="Compiled networks on this machine.")

#: Of a key, where a person reads it.
_SHORT = 12


@engines.command("build")
def build_engines(
    checkpoint: Annotated[str, typer.Argument(help="A checkpoint's name in the catalogue, or its folder.")],
    backend: Annotated[str, typer.Option(help="tensorrt or tensorrt_rtx.")] = "tensorrt_rtx",
    shape: Annotated[
        list[str] | None, typer.Option(help="Batch x height x width; default: all usual ones of the checkpoint.")
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option(help="unet, vae_encoder, vae_decoder, text_encoder …; default: all.")
    ] = None,
    capability: Annotated[
        list[str] | None, typer.Option(help="GPUs that tensorrt_rtx builds for; default: 8.6, 8.9 and 12.0.")
    ] = None,
    precision: Annotated[str, typer.Option(help="float16, bfloat16 or float32.")] = "float16",
    rank: Annotated[int, typer.Option(min=0, help="Most rank of styles that come with each request; 0: none.")] = 64,
    refit: Annotated[bool, typer.Option("--refit", help="Styles are put into the weights instead; on a GPU.")] = False,
    opset: Annotated[int | None, typer.Option(help="20: without fused attention; default: 23 where it fits.")] = None,
    level: Annotated[int, typer.Option(min=0, max=5, help="How long the builder looks for good kernels.")] = 3,
    workspace_mb: Annotated[int, typer.Option(min=64, help="Memory of one kernel, in MiB.")] = 4096,
    memory_mb: Annotated[int, typer.Option(min=512, help="Memory of the building process, in MiB.")] = 32768,
    timeout_s: Annotated[float, typer.Option(min=1, help="Longest build of one engine.")] = 7200,
    share: Annotated[bool, typer.Option("--share", help="Offer them to all machines, in the blob store.")] = False,
) -> None:
    """Compile a checkpoint's networks. Nothing is in use before it is compared with torch where it runs."""
    import torch

    from services.generate.diffusion.networks import Networks
    from services.generate.engine.builder import EngineBuilder
    from services.generate.engine.interface import Ranks
    from services.generate.engine.machine import Machine
    from services.generate.engine.plan import EnginePlan
    from services.generate.engine.spec import Backend, BuildOptions, Part, Refit
    from services.generate.engine.submodel import sub_models

    settings = open_settings()
    opened = _open_checkpoint(settings, checkpoint)
    gpu = Machine.probe().gpu
    plan = EnginePlan(
        _target(Backend(_one_of("backend", backend, list(Backend))), capability),
        _shapes(opened, shape),
        Ranks(min(Ranks.least, rank), min(Ranks.best, rank), rank) if rank and not refit else None,
        Refit.ADAPTER_TARGETS if refit else Refit.NONE,
        BuildOptions(level, workspace_mb),
        opset,
    )
    dtype = getattr(torch, _one_of("precision", precision, ["float16", "bfloat16", "float32"]))
    models = sub_models(Networks.load(opened, torch.device("cpu"), dtype))
    store = _open_store(settings, shared=share, driver=gpu.driver if gpu else "")
    builder = EngineBuilder(timeout_s, memory_mb, has_gpu=gpu is not None)
    wanted = [Part(_one_of("part", name, list(models))) for name in part or models]
    for name in wanted:
        model = models[name]
        with asides().status(f"{name}: exporting") as status, tempfile.TemporaryDirectory() as folder:
            exported = plan.export(model, Path(folder) / "model.onnx")
            stored = plan.build(exported, store, builder, partial(_show, status, name))
        if stored is None:
            typer.echo(f"busy   {name}: another process is building it")
        else:
            typer.echo(f"here   {name}: {stored.manifest.key[:_SHORT]}, {stored.manifest.size_bytes / 1e6:.1f} MB")


@engines.command("list")
def list_engines(json: JsonOption = False) -> None:
    """List the engines here, and what computes on this machine and why."""
    from rich.table import Table

    from services.generate.engine.machine import Machine
    from services.generate.engine.selector import Needs, RunnerKind, choose

    settings = open_settings()
    diffusion = settings.generate.diffusion
    wanted: RunnerKind | Literal["auto"] = "auto" if diffusion.runner == "auto" else RunnerKind(diffusion.runner)
    choice = choose(Machine.probe(), Needs(), wanted, diffusion.device)
    entries = _open_store(settings).entries()
    if json:
        write_json({"choice": choice.told(), "engines": [_described(entry) for entry in entries]})
        return
    results().print(f"computes: {choice.reason}")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("key", "part", "for", "precision", "shapes", "size", "built", "state"):
        table.add_column(title, justify="right" if title == "size" else "left")
    for facts in map(_described, entries):
        table.add_row(
            facts["key"][:_SHORT], facts["part"], facts["target"], facts["precision"], ", ".join(facts["shapes"]),
            f"{facts['size_bytes'] / 1e6:.1f} MB", facts["built"], facts["state"],
        )  # fmt: skip
    results().print(table)


@engines.command("verify")
def verify_engines(
    keys: Annotated[list[str] | None, typer.Argument(help="Keys or their beginnings; all when none is named.")] = None,
) -> None:
    """Read every byte of what is here; whether an engine draws as torch does is seen when it is loaded."""
    from services.common.errors import ModelUnavailable

    store = _open_store(open_settings())
    faulty = 0
    for entry in _named(store, keys):
        if entry.quarantined:
            typer.echo(f"barred  {entry.key[:_SHORT]}  {entry.quarantined}")
            continue
        try:
            store.verify(entry.key)
        except ModelUnavailable as error:
            faulty += 1
            typer.echo(f"faulty  {entry.key[:_SHORT]}  {error.message}")
        else:
            typer.echo(f"good    {entry.key[:_SHORT]}")
    if faulty:
        raise typer.Exit(1)


@engines.command("prune")
def prune_engines(
    max_gb: Annotated[float, typer.Option("--max-gb", min=0, help="What engines may take here, in GB.")] = 20,
    release: Annotated[
        list[str] | None, typer.Option(help="Quarantined engines that may be tried again: keys or their beginnings.")
    ] = None,
) -> None:
    """Remove the longest unused engines here; what is shared stays."""
    store = _open_store(open_settings())
    for entry in _named(store, release) if release else []:
        store.release(entry.key)
        typer.echo(f"released  {entry.key[:_SHORT]}")
    for key in store.prune(int(max_gb * 1e9)):
        typer.echo(f"removed   {key[:_SHORT]}")


def _open_checkpoint(settings: "Settings", name: str) -> "Checkpoint":
    from services.generate.diffusion.checkpoint import Checkpoint
    from services.models.cache import ModelCache

    if Path(name).is_dir():
        return Checkpoint.read(Path(name))
    return Checkpoint.read(ModelCache(settings.models).path(name), name)


def _open_store(settings: "Settings", *, shared: bool = False, driver: str = "") -> "EngineStore":
    from services.generate.engine.shared import SharedEngines, Unleased
    from services.generate.engine.store import EngineStore
    from services.models.cache import ModelCache
    from services.storage.store import open_store

    folder = ModelCache(settings.models).derived_dir("engines")
    return EngineStore(folder, SharedEngines(open_store(settings), Unleased()) if shared else None, driver)


def _target(backend: "Backend", capabilities: list[str] | None) -> "Target":
    import torch

    from services.common.errors import InvalidInput
    from services.generate.engine.backend import RTX_CAPABILITIES, Library, gpu_target, rtx_target
    from services.generate.engine.spec import Backend

    library = Library.open(backend)
    if backend == Backend.TENSORRT_RTX:
        return rtx_target(library, tuple(capabilities or RTX_CAPABILITIES))
    if not torch.cuda.is_available():
        raise InvalidInput("engines of tensorrt are built on the GPU that they run on; there is none here")
    major, minor = torch.cuda.get_device_capability()
    return gpu_target(library, torch.cuda.get_device_name(), f"{major}.{minor}")


def _shapes(checkpoint: "Checkpoint", texts: list[str] | None) -> Any:
    from services.generate.engine.bucket import ShapeBucket
    from services.generate.engine.plan import check_buckets, usual_buckets

    buckets = tuple(map(ShapeBucket.parse, texts)) if texts else usual_buckets(checkpoint)
    check_buckets(buckets, checkpoint.buckets.check)
    return buckets


def _one_of(option: str, value: str, known: list[Any]) -> str:
    from services.common.errors import InvalidInput

    if value not in known:
        raise InvalidInput(f"--{option} is {value!r}; known are {', '.join(map(str, known))}", field=option)
    return value


def _named(store: "EngineStore", beginnings: list[str] | None) -> "list[Entry]":
    from services.common.errors import NotFound

    entries = store.entries()
    if not beginnings:
        return entries
    found = [entry for entry in entries if entry.key.startswith(tuple(beginnings))]
    if not found:
        raise NotFound(f"no engine here has a key that begins with {', '.join(beginnings)}")
    return found


def _described(entry: "Entry") -> dict[str, Any]:
    """An engine in words and numbers; JSON types only."""
    state = f"quarantined: {entry.quarantined}" if entry.quarantined else "here" if entry.manifest else "damaged"
    if entry.manifest is None:
        unknown = {"part": "", "target": "", "precision": "", "shapes": [], "size_bytes": 0, "built": ""}
        return {"key": entry.key, "state": state} | unknown
    spec = entry.manifest.spec
    target = spec["target"]
    gpus = target["gpu"] or " ".join(target["compute_capabilities"])
    profiles = [profile["best"] for profile in spec["profiles"]]
    return {
        "key": entry.key, "state": state, "part": spec["model"]["part"], "precision": spec["precision"],
        "target": f"{target['backend']} {target['version']}, {gpus}",
        "shapes": ["x".join(map(str, best)) for best in profiles], "size_bytes": entry.manifest.size_bytes,
        "built": datetime.fromtimestamp(entry.manifest.built_at_s, UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def _show(status: "Status", name: str, progress: "BuildProgress") -> None:
    status.update(f"{name}: {progress.phase}, {progress.step} of {progress.steps}")
