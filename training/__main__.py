"""`python -m training`: from nothing to the embedded checkpoint, one command after the other.

    plates -> autoencoder -> latents -> denoiser -> pack -> sheet, probe, seam; curves at any time
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False, help=__doc__)
Home = Annotated[Path, typer.Option(help="Folder of everything that training keeps.")]
Threads = Annotated[int, typer.Option(help="Compute threads on a CPU.")]
#: Shards that nothing is learned from.
_HELD_OUT = 1


@app.command()
def plates(
    home: Home, shards: int = 48, seed: int = 1, workers: Annotated[int, typer.Option(help="Processes.")] = 1
) -> None:
    """Render training pictures in shards of 256; those that are there already stay."""
    from training.shards import render_shards

    for number in render_shards(home / "plates", shards, seed, workers):
        print(f"shard {number} is finished", flush=True)


@app.command()
def autoencoder(
    home: Home,
    steps: int = 6000,
    batch: int = 8,
    threads: Threads = 2,
    decoder_alone: Annotated[bool, typer.Option(help="Leave the encoder, and with it all latents, as they are.")] = False,
) -> None:
    """Train between pictures and latents; goes on where it stopped."""
    from training.autoencoder import AutoencoderPlan, AutoencoderTraining
    from training.device import Device
    from training.shards import finished_shards

    held_out, *train = finished_shards(home / "plates")
    plan = AutoencoderPlan(steps=steps, batch=batch, decoder_alone=decoder_alone)
    training = AutoencoderTraining(home / "autoencoder", train, held_out, plan, Device.find(threads))
    training.train()
    training.averaged().save_pretrained(home / "autoencoder" / "vae")


if __name__ == "__main__":
    app()
