"""The agenda: calls come when they are due, whatever became of those before."""

from collections import Counter

import gevent
import pytest

from loadtests.load.agenda import Agenda, turns
from loadtests.load.profile import Kind, Profile
from loadtests.load.sample import OK, Sample

LIMITS = [{"measure": "failed", "at_most": 0}]


def profile(*phases, **fields):
    return Profile.model_validate({"summary": "s", "phases": phases, "limits": LIMITS} | fields)


def phase(name="one", seconds=0.4, **stream):
    return {"name": name, "seconds": seconds, "streams": [{"calls": {"shot_grpc": 1}} | stream]}


def walked(meant, takes_s=0.0, users=8):
    """The agenda after a run with users who take so long for each call."""
    agenda = Agenda(meant)

    def work(kind):
        while True:
            due = agenda.take(kind)
            sent_s = agenda.now_s
            gevent.sleep(takes_s)
            agenda.tell(due, Sample(due.phase, kind, due.tenant, due.at_s, sent_s, None, agenda.now_s, OK, 1))

    workers = [gevent.spawn(work, kind) for kind in meant.kinds for _ in range(users)]
    agenda.run()
    gevent.killall(workers)
    return agenda


def test_slow_answers_hold_no_later_call_up():
    agenda = walked(profile(phase(arrivals={"pattern": "even", "per_s": 20})), takes_s=0.3)
    first_s = agenda.samples[0].due_s
    assert [each.due_s - first_s for each in agenda.samples] == pytest.approx([n / 20 for n in range(8)])


def test_call_that_finds_no_free_user_has_waited_since_it_was_due():
    agenda = walked(profile(phase(arrivals={"pattern": "even", "per_s": 20})), takes_s=0.1, users=1)
    assert agenda.samples[-1].took_s >= agenda.samples[0].took_s + 7 * 0.04


def test_calls_at_once_are_never_more():
    agenda = walked(profile(phase(at_once=2)), takes_s=0.05)
    ends = sorted(each.answered_s for each in agenda.samples)
    assert all(each.due_s >= ends[number] for number, each in enumerate(agenda.samples[2:]))
    assert len(ends) > 4


def test_rate_may_be_taken_of_an_earlier_phase():
    later = phase("two", arrivals={"of": "one", "times": 0.5})
    agenda = walked(profile(phase(at_once=2), later), takes_s=0.05)
    first, second = agenda.ran
    assert second.per_s[0] == pytest.approx(0.5 * len(first.window(agenda.samples).answered) / 0.4)


def test_drained_phase_begins_when_all_is_answered():
    later = phase("two", arrivals={"per_s": 50}) | {"drained": True}
    agenda = walked(profile(phase(arrivals={"pattern": "even", "per_s": 20}), later), takes_s=0.3)
    last = max(each.answered_s for each in agenda.samples if each.phase == "one")
    assert agenda.ran[1].began_s >= last


def test_tenants_call_by_their_shares():
    tenants = {"boutique": {"share": 3}, "marketplace": {}}
    agenda = walked(profile(phase(seconds=1, arrivals={"per_s": 400}), tenants=tenants))
    counted = Counter(each.tenant for each in agenda.samples)
    assert counted["boutique"] == pytest.approx(3 * counted["marketplace"], rel=0.5)


def test_turns_keep_the_mix_even_where_calls_are_few():
    mix = turns({Kind.SHOT_GRPC: 3, Kind.CUTOUT_HTTP: 1})
    for _ in range(5):
        assert Counter(next(mix) for _ in range(4)) == {Kind.SHOT_GRPC: 3, Kind.CUTOUT_HTTP: 1}
