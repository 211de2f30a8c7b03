"""The rendered manifests of k8s/, for tests; and mistakes in them."""

import copy
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from k8s.checks.render import KUSTOMIZATIONS, render
from k8s.checks.schemas import Schemas

#: CI has the schemas of custom kinds; who has not tests the others.
CRDS = Path(os.environ["CRD_DIR"]) if os.environ.get("CRD_DIR") else None


@cache
def rendered(name):
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not installed")
    return render(KUSTOMIZATIONS[name])


@cache
def schemas():
    return Schemas(CRDS)


def the(name: str, kind: str, title: str | None = None) -> dict[str, Any]:
    """The one object of that kind, and name where several are of it."""
    [found] = [each for each in rendered(name) if each["kind"] == kind and title in {None, each["metadata"]["name"]}]
    return found


def keys(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every key, at any depth."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if isinstance(node, dict):
            yield (*path, key)
        yield from keys(value, (*path, key))


def with_key(manifest: dict[str, Any], path: tuple[Any, ...], name: str) -> dict[str, Any]:
    """A copy in which the key at `path` is called `name`."""
    changed = copy.deepcopy(manifest)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[name] = place.pop(path[-1])
    return changed
