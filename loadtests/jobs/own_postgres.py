"""A PostgreSQL that lives as long as it is needed, with the durability that it has when it is installed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_postgres() -> Iterator[str]:
    """Start one in a directory of its own; its address."""
    programs = _programs()
    home = Path(tempfile.mkdtemp(prefix="vitrine-pg-"))
    as_user: list[str] = []
    if os.getuid() == 0:  # it refuses to run as root
        shutil.chown(home, "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(programs / program), *arguments]
        subprocess.run(command, cwd=home, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - its own programs

    try:
        run("initdb", "--username=vitrine", "--auth=trust", "--pgdata", "data")
        run("pg_ctl", "start", "--wait", "-D", "data", "-l", "log", "-o", f"-c listen_addresses='' -k {home}")
        try:
            yield f"postgresql://vitrine@/postgres?host={home}"
        finally:
            run("pg_ctl", "stop", "--mode=fast", "-D", "data")
    finally:
        shutil.rmtree(home)


def _programs() -> Path:
    """Where they lie; Debian keeps them off the path."""
    found = shutil.which("initdb")
    candidates = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not candidates:
        raise SystemExit("PostgreSQL's server is not installed (on Debian: apt install postgresql)")
    return candidates[-1]
