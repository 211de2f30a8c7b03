"""Whoever follows a job to its end."""

from concurrent.futures import ThreadPoolExecutor


class JobWatcher:
    """Follows a job in a thread, through all that breaks on the way.

    Attributes:
        versions: Of all events, as they came.
        items: What was told of each item, by number, as it came.

    Args:
        client: Of the service.
        job_id: Which job.
    """

    def __init__(self, client, job_id):
        self.versions = []
        self.items = {}
        with_one = ThreadPoolExecutor(1, "watcher")
        self._followed = with_one.submit(self._follow, client.jobs.watch(job_id))
        with_one.shutdown(wait=False)

    def wait(self, timeout_s):
        """Until it has been told of the job's end."""
        self._followed.result(timeout_s)

    def _follow(self, events):
        for event in events:
            self.versions.append(event.version)
            if event.item is not None:
                self.items.setdefault(event.item.number, []).append(event.item)
