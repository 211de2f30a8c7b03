import pytest

from services.api.studio import CreateShotRequest
from services.common.errors import NotFound
from services.styles.schema import Style
from services.workflow.styles import StyleFinder

LINEN = Style("acme", "linen", "", "a" * 64, 3)


class Registry:
    """Knows one style of acme's."""

    def known_to(self, tenant, deadline=None):
        return {"linen": LINEN} if tenant == "acme" else {}


def found(tenant, *styles, registry=None):
    return StyleFinder(registry).found(CreateShotRequest(styles=list(styles)), tenant)


def test_style_is_found_with_its_weight():
    [drawn] = found("acme", {"style_id": "linen", "weight": 0.4}, registry=Registry())
    assert (drawn.sha256, drawn.key, drawn.weight) == (LINEN.sha256, LINEN.key, 0.4)


def test_weight_that_is_not_named_is_one():
    assert found("acme", {"style_id": "linen"}, registry=Registry())[0].weight == 1.0


def test_style_of_another_tenant_is_found_as_little_as_one_that_nobody_has():
    told = []
    for style_id in ("linen", "nylon"):
        with pytest.raises(NotFound) as caught:
            found("other", {"style_id": style_id}, registry=Registry())
        told.append((caught.value.message.replace(style_id, ""), caught.value.details))
    assert told[0] == told[1]
    assert told[0][1] == {"field": "styles.0.style_id"}


def test_service_without_a_registry_has_none():
    assert found("acme") == ()
    with pytest.raises(NotFound):
        found("acme", {"style_id": "linen"})
