"""The names that schemas leave free."""

from k8s.checks.names import ENVIRONMENT, SETTINGS
from services.common.settings import Settings


def test_settings_of_every_depth_have_their_variable():
    assert {"VITRINE_DATA_DIR", "VITRINE_HTTP__PORT", "VITRINE_GENERATE__DIFFUSION__CHECKPOINT"} <= SETTINGS


def test_every_variable_is_a_setting():
    for name in SETTINGS:
        place = Settings()
        for step in name.removeprefix("VITRINE_").lower().split("__"):
            place = getattr(place, step)


def test_an_environment_holds_settings_and_little_else():
    assert SETTINGS < ENVIRONMENT
    assert not [name for name in ENVIRONMENT - SETTINGS if name.startswith("VITRINE_")]
