"""A checkpoint's sub-models as ONNX, exported once and kept."""

import hashlib
import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import torch
from filelock import FileLock

from services.common.errors import ModelUnavailable, VitrineError
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.networks import Networks
from services.generate.engine.export import export, file_digest
from services.generate.engine.spec import Part, canonical_json
from services.generate.engine.submodel import sub_models

#: Raised when exports come out differently, so that those of before are not found.
_SCHEMA: Final = 1
_DIGESTS: Final = "digests.json"
#: Requests come first.
_NICENESS: Final = 10


@dataclass(frozen=True)
class ExportJob:
    """What is exported.

    Args:
        checkpoint: Where the networks come from.
        sha256: Of the checkpoint, all files together.
        parts: The sub-models.
        dtype: "float32", "float16" or "bfloat16".
    """

    checkpoint: Checkpoint
    sha256: str
    parts: tuple[Part, ...]
    dtype: str = "float32"

    def key(self) -> str:
        """Names the export: everything that it follows from."""
        facts = {"schema": _SCHEMA, "sha256": self.sha256, "parts": self.parts, "dtype": self.dtype}
        facts |= {"torch": torch.__version__}
        return hashlib.sha256(canonical_json(facts).encode()).hexdigest()


#: Writes "<part>.onnx" for each part into a folder.
Write = Callable[[ExportJob, Path], None]


class Exports:
    """Exports under one directory, each in a folder that is published whole.

    Args:
        root: The directory, which may be shared by processes of this machine.
        write: Exports; in a process of its own when absent.
    """

    def __init__(self, root: Path, write: Write | None = None) -> None:
        self._root = root
        self._write = write or ExportProcess().write

    def get(self, job: ExportJob) -> dict[Part, Path]:
        """The files, exported first where they are missing or damaged; takes minutes then.

        Raises:
            ModelUnavailable: They can't be exported or written.
        """
        folder = self._root / job.key()
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with FileLock(self._root / f"{job.key()}.lock"):
                if not _is_whole(folder, job.parts):
                    self._publish(job, folder)
        except OSError as error:
            raise ModelUnavailable("the exported networks can't be written", reason="unwritable") from error
        return {part: folder / _name(part) for part in job.parts}

    def _publish(self, job: ExportJob, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        incoming = Path(tempfile.mkdtemp(prefix="incoming-", dir=self._root))
        try:
            self._write(job, incoming)
            digests = {part: file_digest(incoming / _name(part)) for part in job.parts}
            (incoming / _DIGESTS).write_text(json.dumps(digests), "utf-8")
            incoming.rename(folder)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)


class ExportProcess:
    """Exports in a process of its own.

    Tracing puts other tensors in the place of a network's weights for a while, and threads that draw with the same
    network would meet them.

    Args:
        timeout_s: Longest export.
    """

    def __init__(self, timeout_s: float = 3600) -> None:
        self._timeout_s = timeout_s

    def write(self, job: ExportJob, folder: Path) -> None:
        """See `Write`.

        Raises:
            ModelUnavailable: It failed, died, or took too long.
        """
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_write_and_tell, args=(theirs, job, folder), daemon=True)
        process.start()
        theirs.close()  # so that the child's end is the only one
        try:
            if not ours.poll(self._timeout_s):
                raise ModelUnavailable(f"the export took longer than {self._timeout_s:g} s", reason="timeout")
            fault: VitrineError | None = ours.recv()
        except EOFError as error:
            raise ModelUnavailable("the export died, most likely for want of memory", reason="died") from error
        finally:
            process.kill()
            process.join()
            ours.close()
        if fault is not None:
            raise fault


def _write_and_tell(connection: Connection, job: ExportJob, folder: Path) -> None:
    with suppress(OSError):
        os.nice(_NICENESS)
    try:
        write_exports(job, folder)
    except VitrineError as error:
        connection.send(error)
    else:
        connection.send(None)


def write_exports(job: ExportJob, folder: Path) -> None:
    """Load the checkpoint and write its sub-models; see `Write`.

    Raises:
        ModelUnavailable: It can't be loaded or traced.
    """
    networks = Networks.load(job.checkpoint, torch.device("cpu"), getattr(torch, job.dtype))
    models = sub_models(networks)
    for part in job.parts:
        export(models[part], folder / _name(part))


def _is_whole(folder: Path, parts: Iterable[Part]) -> bool:
    try:
        digests = json.loads((folder / _DIGESTS).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(digests, dict) and all(digests.get(part) == file_digest(folder / _name(part)) for part in parts)


def _name(part: Part) -> str:
    return f"{part}.onnx"
