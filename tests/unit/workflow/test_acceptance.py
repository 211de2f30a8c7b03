"""Request before tenant before service, and nobody's typing error goes unnoticed."""

import pytest

from services.api.studio import CreateShotRequest
from services.common.settings import PreservationSettings
from services.postprocess.preservation.thresholds import Level, criterion_of
from services.workflow.acceptance import AcceptancePolicy

SETTINGS = PreservationSettings(
    thresholds={"ghost": 0.5, "halo": 10, "structure": 0.9}, tenants={"shop": {"halo": 5, "structure": 0.95}}
)


def threshold(name, tenant="shop", **thresholds):
    accepted = AcceptancePolicy(SETTINGS, 0.3).of(CreateShotRequest(thresholds=thresholds), tenant)
    return accepted.thresholds.of(criterion_of(name))


def test_request_comes_before_its_tenant():
    assert threshold("structure", structure=0.99) == 0.99


def test_tenant_comes_before_the_service():
    assert threshold("halo") == 5
    assert threshold("halo", structure=0.99) == 5


def test_service_comes_before_what_is_shipped():
    assert threshold("ghost") == 0.5
    assert threshold("halo", tenant="another") == 10


def test_shipped_thresholds_hold_where_nobody_says_anything():
    assert threshold("color_mean") == criterion_of("color_mean").default


def test_confidence_is_asked_as_it_is_of_every_photo():
    assert threshold("confidence") == 0.3
    assert threshold("confidence", confidence=0.1) == 0.1


@pytest.mark.parametrize(
    ("asked", "level", "attempts"),
    [({}, Level.FULL, 5), ({"report": "BASIC"}, Level.BASIC, 5), ({"max_attempts": 1}, Level.FULL, 1)],
    ids=str,
)
def test_level_and_attempts_are_the_requests_or_the_services(asked, level, attempts):
    policy = AcceptancePolicy(PreservationSettings(report="FULL", max_attempts=5), 0.3)
    accepted = policy.of(CreateShotRequest(**asked), "shop")
    assert (accepted.level, accepted.max_attempts) == (level, attempts)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"thresholds": {"structure": 1.01}}, "preservation.thresholds is wrong: the threshold of structure"),
        ({"thresholds": {"gost": 1}}, "preservation.thresholds is wrong: there is no measure 'gost'"),
        ({"tenants": {"shop": {"halo": -1}}}, "preservation.tenants.shop is wrong: the threshold of halo"),
    ],
)
def test_operators_threshold_that_is_wrong_is_named(settings, name):
    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        AcceptancePolicy(PreservationSettings(**settings), 0.3)
