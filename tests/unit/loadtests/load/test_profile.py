"""Profiles: those that are shipped can be read, and what makes no sense is refused with its reason."""

import pytest
import yaml

from loadtests.load.own_service import trusting
from loadtests.load.profile import PROFILES, Kind, Profile
from loadtests.own_settings import environment_of
from services.common.errors import InvalidInput, NotFound
from services.common.settings import Settings

SHIPPED = sorted(each.stem for each in PROFILES.glob("*.yaml"))
STREAM = {"at_once": 1, "calls": {"shot_grpc": 1}}
LATER = {"arrivals": {"of": "one"}, "calls": {"job_http": 1}}
LIMIT = {"measure": "failed", "at_most": 0}


def tree(**fields):
    return {"summary": "s", "phases": [{"name": "one", "seconds": 1, "streams": [STREAM]}], "limits": [LIMIT]} | fields


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_profile_can_be_read_and_its_service_be_set_so(name):
    Settings.model_validate(trusting(Profile.load(name).service, "127.0.0.1:18503"))


def test_shipped_profiles_call_in_every_way_there_is():
    assert {kind for name in SHIPPED for kind in Profile.load(name).kinds} == set(Kind)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"limits": [LIMIT | {"measure": "luck"}]}, "no measure 'luck'"),
        ({"limits": [LIMIT | {"phase": "two"}]}, "names the phase 'two'"),
        ({"limits": [LIMIT | {"tenant": "boutique"}]}, "names the tenant 'boutique'"),
        ({"limits": [{"measure": "failed"}]}, "either at_most or at_least"),
        ({"limits": []}, "limits"),
        ({"phases": [{"name": "one", "seconds": 1, "streams": [STREAM | {"arrivals": {"per_s": 1}}]}]}, "at_once"),
        (
            {"phases": [{"name": "one", "seconds": 1, "streams": [LATER]}]},
            "no earlier phase",
        ),
        ({"phases": [{"name": "one", "seconds": 1}] * 2}, "the same name"),
        ({"hobby": 1}, "hobby"),
    ],
)  # fmt: skip
def test_profile_that_makes_no_sense_is_refused(fields, said, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump(tree(**fields)))
    with pytest.raises(InvalidInput, match=said):
        Profile.load(str(file))


def test_unknown_profile_is_told_those_that_there_are():
    with pytest.raises(NotFound, match="overload"):
        Profile.load("underload")


def test_settings_reach_the_service_by_its_environment(monkeypatch):
    sections = trusting({"limits": {"max_waiting": 7}, "tenants": {"require_keys": True}}, "127.0.0.1:18503")
    for name, value in environment_of(sections).items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert (read.limits.max_waiting, read.tenants.require_keys) == (7, True)
    assert read.fetch.trusted_hosts == ["127.0.0.1:18503"]
