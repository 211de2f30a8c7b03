"""What there is, page by page, without a transport: CatalogService's, and LintService's rule sets."""

from services.api.catalog import (
    ListModelsRequest,
    ListModelsResponse,
    ListScenesRequest,
    ListScenesResponse,
    Model,
    ModelKind,
    Scene,
)
from services.api.lint import ListRuleSetsRequest, ListRuleSetsResponse
from services.gateway.page import page_of
from services.generate.backdrop import TableBackdrop
from services.generate.scene import SceneCatalog
from services.lint.ruleset import RuleSetCatalog
from services.models.cache import ModelCache
from services.workflow.lint_answer import rule_set_answer


class Catalog:
    """Answers requests for what there is.

    Args:
        scenes: What can be shot in.
        models: What the service runs on.
        rule_sets: What photos can be held against.
    """

    def __init__(self, scenes: SceneCatalog, models: ModelCache, rule_sets: RuleSetCatalog) -> None:
        self._scenes = scenes
        self._models = models
        self._rule_sets = rule_sets

    def list_scenes(self, request: ListScenesRequest) -> ListScenesResponse:
        """Scenes by id.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        scenes = [
            Scene(
                scene_id=scene.id,
                title=scene.title,
                description=scene.description,
                poses=list(scene.poses),
                pitch_min_deg=scene.pitch.min,
                pitch_max_deg=scene.pitch.max,
                pitch_default_deg=scene.pitch.default,
                environment=scene.backdrop.environment.name if isinstance(scene.backdrop, TableBackdrop) else "",
                place=scene.place,
            )
            for scene in self._scenes.scenes.values()
        ]
        page, token = page_of(scenes, [scene.scene_id for scene in scenes], request.page_size, request.page_token)
        return ListScenesResponse(scenes=page, next_page_token=token)

    def list_rule_sets(self, request: ListRuleSetsRequest) -> ListRuleSetsResponse:
        """Rule sets by id.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        known = self._rule_sets.rule_sets
        page, token = page_of(list(known.values()), list(known), request.page_size, request.page_token)
        return ListRuleSetsResponse(rule_sets=[rule_set_answer(each) for each in page], next_page_token=token)

    def list_models(self, request: ListModelsRequest) -> ListModelsResponse:
        """Models by name.

        Raises:
            InvalidInput: The page token is none of ours.
        """
        entries = sorted(self._models.catalog, key=lambda entry: entry.name)
        page, token = page_of(entries, [entry.name for entry in entries], request.page_size, request.page_token)
        models = [
            Model(
                name=entry.name,
                version=entry.version,
                kind=ModelKind(entry.kind),
                sha256=entry.sha256,
                size_bytes=entry.size_bytes,
                license=entry.license,
                origin=entry.origin,
                cached=self._models.is_cached(entry),
            )
            for entry in page
        ]
        return ListModelsResponse(models=models, next_page_token=token)
