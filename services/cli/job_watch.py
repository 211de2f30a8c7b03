"""Jobs while they are worked on: a bar that counts, and pictures fetched as they are made."""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from services.cli.batch import layer_files, write_file
from services.cli.configuration import api_key
from services.cli.console import asides, counting_progress, results, write_json
from services.cli.group import EXIT_FAILED
from services.client import AsyncVitrine, ItemState, Job, JobItem

if TYPE_CHECKING:
    from services.api.common import Blob

#: Files fetched at once.
FETCHES: Final = 8
#: Failed items that are told one by one.
TOLD_FAILURES: Final = 20


def watch_job(address: str, job_id: str, out: Path | None, *, as_json: bool) -> None:
    """Watch a job to its end.

    Args:
        address: The service's.
        job_id: Which.
        out: Folder that its pictures are fetched into; None: they stay where they are.
        as_json: Tell what became of it for programs.

    Raises:
        typer.Exit: With code 1, where an item failed or was cancelled.
        VitrineError: As `AsyncVitrine.jobs.watch`; a file can't be written.
    """

    async def followed() -> tuple[Job, list[Path], list[JobItem]]:
        async with AsyncVitrine(address, api_key=api_key()) as vitrine:
            following = Following(vitrine, job_id, out)
            job = await following.to_its_end()
            failures = [item async for item in vitrine.jobs.items(job_id, states=[ItemState.FAILED])]
            return job, following.files, failures

    job, files, failures = asyncio.run(followed())
    if as_json:
        failed = [item.model_dump(mode="json", exclude_none=True) for item in failures]
        facts = {"job": job.model_dump(mode="json", exclude_none=True), "failed": failed}
        write_json(facts | ({"files": sorted(map(str, files))} if out else {}))
    else:
        results().print(summary(job))
        for item in failures[:TOLD_FAILURES]:
            asides().print(f"{item.key}: {item.error.message if item.error else 'failed'}", style="red", markup=False)
        if len(failures) > TOLD_FAILURES:
            asides().print(f"… and {len(failures) - TOLD_FAILURES} more: vitrine jobs items {job_id} --state failed")
    if job.counts.failed or job.counts.cancelled:
        raise typer.Exit(EXIT_FAILED)


class Following:
    """Follows one job.

    Args:
        vitrine: The service.
        job_id: Which.
        out: Where its pictures go; None: they are not fetched.

    Attributes:
        files: Those that lie there in the end.
    """

    def __init__(self, vitrine: AsyncVitrine, job_id: str, out: Path | None) -> None:
        self._vitrine = vitrine
        self._job_id = job_id
        self._out = out
        self._turn = asyncio.Semaphore(FETCHES)
        self.files: list[Path] = []

    async def to_its_end(self) -> Job:
        """The job once it has ended and its pictures are here."""
        try:
            return await self._followed()
        except ExceptionGroup as group:  # of files that were fetched beside the watch
            raise group.exceptions[0] from group

    async def _followed(self) -> Job:
        job = Job(job_id=self._job_id)
        with counting_progress() as bars:
            bar = bars.add_task("pictures", total=None)
            async with asyncio.TaskGroup() as group:
                async for change in self._vitrine.jobs.watch(self._job_id, job_only=self._out is None):
                    if change.job is not None:
                        job = change.job
                        counts = job.counts
                        ended = counts.succeeded + counts.failed + counts.cancelled
                        bars.update(bar, completed=ended, total=counts.total)
                    elif change.item is not None and self._out is not None:
                        await self._turn.acquire()
                        group.create_task(self._fetch(change.item, self._out))
        return job

    async def _fetch(self, item: JobItem, out: Path) -> None:
        try:
            if item.picture is None:
                return
            target = out / f"{file_stem(item)}{Path(item.picture.key).suffix}"
            layers = layer_files(target, item.shot) if item.shot else []
            blobs = [(target, item.picture), *((file, layer.blob) for layer, file in layers)]
            for file, blob in blobs:
                if file not in self.files and not await asyncio.to_thread(_lies_there, file, blob):
                    await asyncio.to_thread(write_file, file, await self._vitrine.read_blob(blob.key))
            self.files += [file for file, _ in blobs if file not in self.files]
        finally:
            self._turn.release()


def _lies_there(file: Path, blob: "Blob") -> bool:
    """Whether an earlier watch fetched the file already."""
    return file.is_file() and bool(blob.sha256) and hashlib.sha256(file.read_bytes()).hexdigest() == blob.sha256


def file_stem(item: JobItem) -> str:
    """What an item's picture is called here: its key, as far as a file may be called so."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", item.key).lstrip(".")[:120]
    return plain if plain and plain == item.key else f"{item.number}-{plain}".rstrip("-")


def summary(job: Job) -> Any:
    """A job as a table of two columns."""
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    counts = job.counts
    rows = {
        "job": job.job_id, "name": job.name, "state": (job.state or "").lower() + (", open" if job.open else ""),
        "waits for": job.waiting_for,
        "items": ", ".join(f"{count} {name}" for name, count in counts if name != "total" and count) or "none",
        "compute": f"{job.compute:.1f} s" if job.compute else "", "created": job.create_time, "ended": job.end_time,
        "kept until": job.expire_time,
    }  # fmt: skip
    for name, text in rows.items():
        if text:
            table.add_row(name, text)
    return table
