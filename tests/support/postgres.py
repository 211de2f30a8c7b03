"""A PostgreSQL of the tests' own, on a socket in a directory of theirs."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest


def programs():
    """Where initdb and pg_ctl lie; Debian keeps them off the path. None where there are none."""
    found = shutil.which("initdb")
    candidates = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(candidates) if (folder / "pg_ctl").exists()), None)


def require_programs():
    """CI has them (`.ci/run` installs them), elsewhere what needs them is skipped."""
    if programs() is None:
        missing = "PostgreSQL's server is not installed (on Debian: apt install postgresql)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)


class PostgresServer:
    """Runs while the context is open; durable it is not, as nothing here outlives a crash of the machine."""

    def __init__(self):
        # Sockets have short paths, and the server's own user must get there.
        self.home = Path(tempfile.mkdtemp(prefix="vitrine-pg-"))
        self._as_user = []
        if os.getuid() == 0:  # it refuses to run as root
            shutil.chown(self.home, "postgres")
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._made = 0

    def __enter__(self):
        self._run("initdb", "--username=vitrine", "--auth=trust", "--no-sync", "--pgdata", "data")
        options = f"-c listen_addresses='' -c fsync=off -k {self.home}"
        self._run("pg_ctl", "start", "--wait", "-D", "data", "-l", "log", "-o", options)
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "stop", "--mode=immediate", "-D", "data")
        shutil.rmtree(self.home)

    def restart(self):
        """End it without a word to whoever is connected, and start it again."""
        self._run("pg_ctl", "restart", "--wait", "--mode=immediate", "-D", "data", "-l", "log")

    def new_database(self):
        """The address of an empty database."""
        self._made += 1
        name = f"test_{self._made}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, name):
        return f"postgresql://vitrine@/{name}?host={self.home}"

    def _run(self, program, *arguments):
        command = [*self._as_user, programs() / program, *arguments]
        subprocess.run(command, cwd=self.home, check=True, stdout=subprocess.DEVNULL)
