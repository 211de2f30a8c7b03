"""Replicas are killed, the database is restarted and the bucket has its moods, while jobs are worked off."""

import hashlib
from collections import Counter

import pytest

from services.jobs.states import ENDED_ITEMS
from services.storage.blobs import UPLOADS
from tests.support.chaos_plan import RESTART, STALL, VICTIMS, ChaosPlan

pytestmark = pytest.mark.service


def test_plan_follows_from_its_seed():
    one, same, other = (ChaosPlan(seed, 2000, 50, 3, 3) for seed in (1, 1, 2))
    assert (one.blows, one.faults(100)) == (same.blows, same.faults(100))
    assert one.blows != other.blows
    assert {blow.what for blow in one.blows} == {*VICTIMS, RESTART, STALL}


def test_jobs_are_done_with_every_item_ended_and_counted(aftermath):
    assert [job.state for job in aftermath.jobs] == ["DONE", "DONE"]
    for job in aftermath.jobs:
        states = Counter(item.state for item in aftermath.items if item.job_id == job.id)
        assert states.keys() <= {"SUCCEEDED", "FAILED"}
        assert (job.succeeded, job.failed) == (states["SUCCEEDED"], states["FAILED"])
        assert (job.total, job.queued, job.waiting, job.running, job.cancelled) == (states.total(), 0, 0, 0, 0)


def test_kills_met_items_at_work(aftermath):
    assert any(item.fence > 1 for item in aftermath.items)


def test_every_item_has_one_result_or_one_stated_reason(aftermath):
    for item in aftermath.items:
        succeeded = item.state == "SUCCEEDED"
        assert (item.result is not None, item.error_code is None, item.error is None) == (succeeded,) * 3
        assert 1 <= item.attempts <= 10


def test_only_what_is_no_photo_is_told_to_be_none(aftermath):
    refused = [item for item in aftermath.items if item.error_code == "unsupported_media"]
    assert refused == [item for item in aftermath.items if aftermath.is_spoilt(item)]


def test_results_name_files_that_are_there_as_told(aftermath):
    blobs = aftermath.blobs()
    assert len({key for key, _ in blobs}) == len(blobs)
    for key, sha256 in blobs:
        assert hashlib.sha256(aftermath.content(key)).hexdigest() == sha256


def test_nothing_lies_in_the_bucket_that_no_result_names(aftermath):
    assert aftermath.files() == {key for key, _ in aftermath.blobs()}
    assert len(aftermath.files([UPLOADS])) == 1


def test_ledger_has_one_line_of_every_item_that_succeeded(aftermath):
    made = {f"{item.job_id}/{item.number}" for item in aftermath.items if item.state == "SUCCEEDED"}
    assert Counter(aftermath.ledger) == Counter(made)


def test_ledger_tells_the_items_that_failed_for_nothing(aftermath):
    failed = {f"{item.job_id}/{item.number}" for item in aftermath.items if item.state == "FAILED"}
    assert failed
    assert failed <= set(aftermath.failures_in_ledger)


def test_quota_and_turn_count_what_was_made_and_nothing_else(aftermath):
    assert aftermath.quota_used == len(aftermath.blobs())
    assert (aftermath.share.running, aftermath.share.charged_s) == (0, 0)


def test_watchers_are_told_of_every_end_in_order(aftermath):
    for job_id, watcher in zip(aftermath.job_ids, aftermath.watchers, strict=True):
        assert watcher.versions == sorted(watcher.versions)
        items = [item for item in aftermath.items if item.job_id == job_id]
        assert {number: told[-1].version for number, told in watcher.items.items()} == {
            item.number: item.version for item in items
        }
        for told in watcher.items.values():
            versions = [item.version for item in told]
            assert versions == sorted(versions)
            # Whoever goes on after a break may get the last item again, as it was.
            assert len({item.version for item in told if item.state in ENDED_ITEMS}) == 1


def test_webhook_brings_one_message_of_every_end(aftermath):
    ends = Counter((f"item.{item.state.lower()}", item.job_id, item.number) for item in aftermath.items)
    ends.update(("job.done", job_id, None) for job_id in aftermath.job_ids)
    assert {about: len(ids) for about, ids in aftermath.told().items()} == ends
