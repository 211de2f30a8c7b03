"""`python -m training`: from nothing to the embedded checkpoint, one command after the other.

plates -> autoencoder -> latents -> denoiser -> pack -> sheet, probe, seam; curves at any time
"""

from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.progress import track

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False, help=__doc__)
Home = Annotated[Path, typer.Option(help="Folder of everything that training keeps.")]
Threads = Annotated[int, typer.Option(help="Compute threads on a CPU.")]
Packed = Annotated[Path, typer.Option("--checkpoint", help="Folder of a packed checkpoint.")]
Out = Annotated[Path, typer.Option(help="What to write.")]
Crop = Annotated[int, typer.Option(help="Side of what is cut out of pictures, a multiple of 8.")]
#: Shards whose pictures the autoencoder learns from; all of them are held in memory, 50 MB each.
_DECODED = 12


@app.command()
def plates(
    home: Home, shards: int = 48, seed: int = 1, workers: Annotated[int, typer.Option(help="Processes.")] = 1
) -> None:
    """Render training pictures in shards of 256; those that are there already stay."""
    from training.shards import render_shards

    for number in render_shards(home / "plates", shards, seed, workers):
        print(f"shard {number} is finished", flush=True)


@app.command()
def autoencoder(home: Home, steps: int = 6000, batch: int = 4, crop: Crop = 224, threads: Threads = 2) -> None:
    """Train between pictures and latents, beginning with linear maps, which no steps leave as they are."""
    from training.autoencoder import AutoencoderPlan, AutoencoderTraining, begin_autoencoder
    from training.device import Device
    from training.shards import finished_shards

    device = Device.find(threads)
    held_out, *train = finished_shards(home / "plates")
    vae, baseline_db = begin_autoencoder(train, held_out)
    print(f"the principal components alone have {baseline_db:.2f} dB")
    plan = AutoencoderPlan(steps, batch, crop)
    training = AutoencoderTraining(home / "autoencoder", vae, train[:_DECODED], held_out, plan, device)
    training.train()
    training.averaged().save_pretrained(home / "vae")


@app.command()
def decoder(home: Home, steps: int = 6000, batch: int = 4, crop: Crop = 224, threads: Threads = 2) -> None:
    """Train the decoder on, while the encoder, and with it all latents, stay as they are."""
    from diffusers import AutoencoderKL

    from training.autoencoder import AutoencoderPlan, AutoencoderTraining
    from training.device import Device
    from training.shards import finished_shards

    device = Device.find(threads)
    held_out, *train = finished_shards(home / "plates")
    plan = AutoencoderPlan(steps, batch, crop, decoder_alone=True)
    vae = AutoencoderKL.from_pretrained(home / "vae")
    training = AutoencoderTraining(home / "decoder", vae, train[:_DECODED], held_out, plan, device)
    training.train()
    training.averaged().save_pretrained(home / "vae")


@app.command()
def denoiser(
    home: Home,
    samples: Annotated[int, typer.Option(help="To be seen in all; the rate falls over the last fifth.")] = 1_000_000,
    batch: int = 24,
    threads: Threads = 2,
) -> None:
    """Encode what pictures there are, then train denoiser and text encoder; goes on where it stopped."""
    import torch
    from diffusers import AutoencoderKL

    from training.denoiser import DenoiserPlan, DenoiserTraining, Painter, Samples
    from training.device import Device
    from training.latents import encode_shard
    from training.shards import finished_shards
    from training.text import build_tokenizer

    device, tokenizer = Device.find(threads), build_tokenizer()
    vae = AutoencoderKL.from_pretrained(home / "vae").eval().to(device.torch_device)
    _, *shards = finished_shards(home / "plates")
    encoded = [encode_shard(shard, home / "latents", vae, device) for shard in track(shards, "encoding")]
    chosen = Samples(encoded, vae.config.scaling_factor, tokenizer)
    torch.manual_seed(0)
    painter = Painter.untrained(tokenizer)
    DenoiserTraining(home / "denoiser", painter, chosen, DenoiserPlan(samples, batch), device).train()


@app.command()
def pack(
    home: Home,
    out: Out,
    painter: Annotated[
        Path | None, typer.Option(help="Packed checkpoint whose denoiser stays; only the autoencoder is new.")
    ] = None,
    version: Annotated[str, typer.Option(help="Of the checkpoint, another one for other weights.")] = "1",
) -> None:
    """Write the last save as a checkpoint in diffusers' layout, in half precision, and a model catalogue beside it."""
    from diffusers import AutoencoderKL
    from transformers import CLIPTokenizer

    from training.denoiser import Painter
    from training.pack import pack as write
    from training.pack import write_catalog
    from training.text import build_tokenizer

    vae = AutoencoderKL.from_pretrained(home / "vae")
    if painter:
        tokenizer = CLIPTokenizer.from_pretrained(painter, subfolder="tokenizer")
        chosen = Painter.packed(painter, tokenizer)
    else:
        tokenizer = build_tokenizer()
        chosen = Painter.averaged(home / "denoiser", tokenizer)
    size_bytes = write(out, vae, chosen, tokenizer)
    print(f"{out} has {size_bytes / 1e6:.1f} MB; {write_catalog(out, version)} names it")


@app.command()
def sheet(
    home: Home, checkpoint: Packed, out: Out, steps: int = 20, guidance: float = 3.0, threads: Threads = 2
) -> None:
    """Draw eight prompts with four seeds each through the service's own pipeline."""
    from training.artist import Artist, Drawing
    from training.device import Device
    from training.pictures import write_sheet
    from training.shards import finished_shards
    from training.sheet import draw_sheet, standing_product

    Device.find(threads)
    artist = Artist.open(checkpoint, Drawing(steps, guidance))
    write_sheet(out, draw_sheet(artist, standing_product(finished_shards(home / "plates")[:1]), print))


@app.command()
def curves(home: Home, out: Out) -> None:
    """Draw what the trainings' logs say."""
    from training.curves import draw_curves
    from training.run import read_log

    names = [name for name in ("autoencoder", "denoiser", "decoder") if (home / name / "log.jsonl").is_file()]
    draw_curves({name: read_log(home / name) for name in names}, out)


@app.command()
def probe(
    home: Home,
    checkpoint: Packed,
    out: Annotated[Path, typer.Option(help="Sheet of the pictures, a row per surface.")],
    each: Annotated[int, typer.Option(help="Pictures of each surface.")] = 8,
    steps: int = 1500,
    threads: Threads = 2,
) -> None:
    """Train a classifier of surfaces on rendered pictures, and show it drawn ones."""
    from training.artist import Artist
    from training.device import Device
    from training.pictures import write_sheet
    from training.probe import NAMES, ask, recognised, train_probe
    from training.shards import finished_shards

    Device.find(threads)
    held_out, *train = finished_shards(home / "plates")
    judge = train_probe(train[:_DECODED], steps)
    rendered = [held_out.image(index) for index in range(len(held_out.labels))]
    on_rendered = recognised(judge, rendered, [labels.surface for labels in held_out.labels])
    images, asked = ask(Artist.open(checkpoint), held_out, each, print)
    write_sheet(out, [[image for image, name in zip(images, asked, strict=True) if name == row] for row in NAMES])
    chance = f"chance is {1 / len(NAMES):.2f}"
    _note(home, {
        "surfaces that a probe names rightly, drawn pictures": (
            f"{recognised(judge, images, asked):.2f} (of {len(images)}; {chance})"
        ),
        "surfaces that a probe names rightly, rendered pictures": f"{on_rendered:.2f} (of {len(rendered)}; {chance})",
    })  # fmt: skip


@app.command()
def seam(home: Home, checkpoint: Packed, pictures: int = 24, threads: Threads = 2) -> None:
    """Measure how steep drawn pictures are beside the product, and rendered ones beside theirs."""
    from training.artist import Artist
    from training.device import Device
    from training.seam import compare_seams
    from training.shards import finished_shards

    Device.find(threads)
    drawn, rendered = compare_seams(Artist.open(checkpoint), finished_shards(home / "plates")[0], pictures)
    for name, seams in (("drawn", drawn), ("rendered", rendered)):
        near, far, ratio = (median([getattr(seam, part) for seam in seams]) for part in ("near", "far", "ratio"))
        said = f"{ratio:.2f} ({near:.2f} to {far:.2f} of L* per px; medians of {len(seams)})"
        _note(home, {f"steepness beside the product relative to the background, {name} pictures": said})


@app.command()
def gels(
    home: Home,
    out: Annotated[Path, typer.Option(help="Folder for the pictures and their captions.")],
    pictures: int = 16,
) -> None:
    """Write rendered pictures lit through coloured gels, to teach a style with."""
    from training.gels import write_examples
    from training.shards import finished_shards

    _, shard, *_ = finished_shards(home / "plates")
    write_examples(out, shard, pictures)


@app.command()
def card(home: Home, checkpoint: Packed) -> None:
    """Write the model card with all figures that there are."""
    from training.artist import Drawing
    from training.card import Figures, write_card
    from training.run import read_log

    names = ("autoencoder", "denoiser", "decoder")
    logs = {name: read_log(home / name) for name in names if (home / name / "log.jsonl").is_file()}
    for name, lines in logs.items():
        told = [line["psnr_db"] for line in lines if "psnr_db" in line]
        if told:
            _note(home, {f"PSNR of held-out pictures after training the {name}": f"{told[-1]:.1f} dB"})
    if "denoiser" in logs:
        _note(home, {"samples that the denoiser saw": str(logs["denoiser"][-1]["samples"])})
    drawing = Drawing()
    write_card(
        checkpoint, Figures(home).read(), f"drawn in {drawing.steps} steps of DPM++ 2M with guidance {drawing.guidance}"
    )


def _note(home: Path, figures: dict[str, str]) -> None:
    from training.card import Figures

    Figures(home).note(figures)
    for what, figure in figures.items():
        print(f"{what}: {figure}")


if __name__ == "__main__":
    app()
