"""What is measured of calls: from when they were due, of those that belong to the stretch."""

from dataclasses import replace

import pytest

from loadtests.load.measures import Window, figures, narrowed
from loadtests.load.sample import OK, Sample

CALL = Sample("peak", "shot_grpc", "", 1.0, 1.2, None, 3.0, OK, pictures=1)


def of(*samples, began_s=0.0, ended_s=10.0):
    return figures(Window.of(samples, began_s, ended_s))


def test_latency_counts_from_the_moment_a_call_was_due():
    found = of(CALL)
    assert found["p50_s"] == 2.0
    assert found["late_p99_s"] == pytest.approx(0.2)


def test_goodput_counts_pictures_that_were_answered_in_the_stretch():
    job = replace(CALL, pictures=10)
    too_late, too_early = replace(job, answered_s=10.5), replace(job, due_s=-5, answered_s=-1)
    assert of(CALL, job, too_late, too_early)["goodput_per_s"] == pytest.approx(1.1)


def test_answer_to_a_call_of_before_the_stretch_is_goodput_but_no_latency():
    found = of(replace(CALL, due_s=-1.0))
    assert (found["goodput_per_s"], found["p50_s"], found["calls"]) == (pytest.approx(0.1), None, 0)


def test_refusals_are_no_failures_and_have_a_time_of_their_own():
    refused = replace(CALL, outcome="overloaded", answered_s=1.25)
    found = of(CALL, refused, replace(CALL, outcome="internal"))
    assert (found["refused"], found["failed"]) == (1, 1)
    assert found["refusal_p50_s"] == pytest.approx(0.25)
    assert found["p99_s"] == 2.0


def test_streams_tell_how_long_their_first_event_took():
    assert of(CALL, replace(CALL, first_s=1.5))["first_event_p50_s"] == pytest.approx(0.5)


def test_window_narrows_to_a_kind_or_a_tenant():
    window = Window.of([CALL, replace(CALL, kind="cutout_http", tenant="boutique")], 0, 10)
    assert figures(narrowed(window, kind="shot_grpc"))["calls"] == 1
    assert figures(narrowed(window, tenant="boutique"))["calls"] == 1
    assert figures(narrowed(window))["calls"] == 2
