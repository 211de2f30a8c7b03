"""What a C2PA manifest says of a picture, before it is signed.

By C2PA 2.2, 18.14 and 18.15 (https://spec.c2pa.org/specifications/specifications/2.2/specs/C2PA_Specification.html): a
picture made from another begins with `c2pa.opened` and that one as its parent, one made from nothing with
`c2pa.created`; what is put beside it is a component that `c2pa.placed` names.
"""

from typing import Any, Final

from services.provenance.origin import Origin, Part

#: Ours, of what C2PA lets ingredients say besides: hex, over the file's bytes.
FILE_DIGEST: Final = "vitrine.file_sha256"
#: What actions call the ingredients by.
OPENED: Final = "opened"
PLACED: Final = "placed"


def manifest_definition(origin: Origin, media_type: str, generator: dict[str, str]) -> dict[str, Any]:
    """The claim as `c2pa.Builder` takes it, but for ingredients whose files go along (`with_files`).

    Args:
        origin: Of the picture.
        media_type: Of its file.
        generator: Name and version of what signs.
    """
    return {
        "claim_version": 2,
        "claim_generator_info": [generator],
        "format": media_type,
        "ingredients": [told for told, part in ingredients(origin) if not part.signed],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": _actions(origin)}}],
    }


def ingredients(origin: Origin) -> list[tuple[dict[str, Any], Part]]:
    """What the picture was made from, in the words of C2PA, with each part."""
    roles = ((OPENED, "parentOf", origin.opened), (PLACED, "componentOf", origin.placed))
    return [(_ingredient(label, relationship, part), part) for label, relationship, part in roles if part is not None]


def _ingredient(label: str, relationship: str, part: Part) -> dict[str, Any]:
    return {
        "label": label,
        "title": part.title,
        "relationship": relationship,
        "metadata": {FILE_DIGEST: part.sha256},
    }


def _actions(origin: Origin) -> list[dict[str, Any]]:
    told = {"digitalSourceType": origin.source.uri, "description": origin.edit}
    if origin.opened is None:
        return [{"action": "c2pa.created", **told}]
    actions: list[dict[str, Any]] = [{"action": "c2pa.opened", "parameters": {"ingredientIds": [OPENED]}}]
    if origin.placed is not None:
        actions.append({"action": "c2pa.placed", "parameters": {"ingredientIds": [PLACED]}})
    return [*actions, {"action": "c2pa.edited", **told}]
