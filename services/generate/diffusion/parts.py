"""The parts of a checkpoint's folder, each with its configuration and its weights."""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from services.generate.diffusion.header import Shapes, read_shapes

_PICKLES: Final = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
#: Half-precision weights often lie beside or instead of the plain ones.
_VARIANTS: Final = ("", "fp16")


class PartSpec(NamedTuple):
    """What a part must be: its folder, the classes that may be named for it (none = any), its weights' stem."""

    name: str
    classes: tuple[str, ...]
    stem: str = ""


class PartReader:
    """Reads parts and collects what is wrong with them, so that all of it is told at once.

    Args:
        folder: Of the checkpoint.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.faults: list[str] = []
        self.variants: dict[str, str] = {}
        self.shapes: dict[str, Shapes] = {}

    def json(self, path: str) -> dict[str, Any]:
        """A JSON object; empty, and a fault, where there is none."""
        try:
            found = json.loads((self._folder / path).read_text("utf-8"))
        except FileNotFoundError:
            self.faults.append(f"{path} is missing")
            return {}
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            self.faults.append(f"{path} can't be read as JSON")
            return {}
        return found

    def part(self, spec: PartSpec, indexed: Any) -> dict[str, Any]:
        """A part's configuration, its weights and class looked at."""
        named = indexed[-1] if isinstance(indexed, list) and indexed else None
        if not isinstance(named, str):
            self.faults.append(f"model_index.json names no {spec.name}")
        elif spec.classes and named not in spec.classes:
            self.faults.append(f"{spec.name} is a {named}; wanted is {' or '.join(spec.classes)}")
        if spec.name.startswith("tokenizer"):
            self._vocabulary(spec.name)
            return {}
        if spec.stem:
            self._weights(spec)
        return self.json(f"{spec.name}/{'scheduler_config' if spec.name == 'scheduler' else 'config'}.json")

    def _vocabulary(self, name: str) -> None:
        at = self._folder / name
        if not (at / "tokenizer.json").is_file() and not all(
            (at / file).is_file() for file in ("vocab.json", "merges.txt")
        ):
            self.faults.append(f"{name} lacks vocab.json and merges.txt, or tokenizer.json")

    def _weights(self, spec: PartSpec) -> None:
        for variant in _VARIANTS:
            files = self._files(spec, variant)
            if files:
                self.variants[spec.name] = variant
                self.shapes[spec.name] = self._shapes(files)
                return
        pickles = sorted(file.name for file in (self._folder / spec.name).glob("*") if file.suffix in _PICKLES)
        if pickles:
            self.faults.append(f"{spec.name}/{pickles[0]} is a pickle, which may run code; only safetensors are read")
        else:
            self.faults.append(f"{spec.name}/{spec.stem}.safetensors is missing")

    def _files(self, spec: PartSpec, variant: str) -> list[Path]:
        """The weights' files, several where they are cut into shards; empty where there are none of that variant."""
        at = self._folder / spec.name
        infix = f".{variant}" if variant else ""
        if (at / f"{spec.stem}{infix}.safetensors").is_file():
            return [at / f"{spec.stem}{infix}.safetensors"]
        index = f"{spec.stem}.safetensors.index{infix}.json"
        if not (at / index).is_file():
            return []
        names = sorted({str(name) for name in self.json(f"{spec.name}/{index}").get("weight_map", {}).values()})
        return [at / Path(name).name for name in names]

    def _shapes(self, files: list[Path]) -> Shapes:
        shapes: Shapes = {}
        for file in files:
            try:
                shapes |= read_shapes(file)
            except FileNotFoundError:
                self.faults.append(f"{file.parent.name}/{file.name} is missing")
            except OSError as error:
                self.faults.append(f"{file.parent.name}/{file.name} can't be read: {error.strerror}")
            except ValueError as error:
                self.faults.append(f"{file.parent.name}/{file.name} {error}")
        return shapes
