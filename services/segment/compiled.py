"""PyMatting's compiled parts, each loaded alone."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import numba

from services.common.errors import Internal


def load_part(name: str, compiled_dir: Path) -> ModuleType:
    """Load one module of PyMatting without the package around it.

    Importing the package would compile all of its solvers: 39 s of a core, against 8 for the parts that are used (AMD
    EPYC, medians of 3).
    The module keeps its real name, by which compiled code finds it again, and by which a later import of the package
    takes it over.

    Args:
        name: Of the module within the package, such as "foreground.estimate_foreground_ml".
        compiled_dir: For compiled code where it can't be kept beside PyMatting's files.

    Raises:
        Internal: PyMatting is not installed, or has no such module.
    """
    full_name = f"pymatting.{name}"
    if full_name not in sys.modules:
        package = importlib.util.find_spec("pymatting")
        if package is None or package.origin is None:
            raise Internal("PyMatting is not installed")
        path = Path(package.origin).parent.joinpath(*name.split(".")).with_suffix(".py")
        if not os.access(path.parent, os.W_OK):
            numba.config.CACHE_DIR = str(compiled_dir)  # type: ignore[attr-defined] # numba sets its options at run time
        _load(full_name, path)
    return sys.modules[full_name]


def _load(name: str, path: Path) -> None:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise Internal(f"PyMatting's {name} can't be loaded")
    # Before it runs, as Python's own import does: numba looks the module up while it compiles.
    sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[name])
    except BaseException:
        del sys.modules[name]
        raise
