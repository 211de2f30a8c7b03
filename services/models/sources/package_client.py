"""Package clients of others (npm, pip), run as programs: they bring their own registry, proxy and cache settings."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from services.common.errors import ModelUnavailable


def run_client(
    name: str, command: Sequence[str], work: Path, timeout_s: float, complaint: Callable[[bytes], str]
) -> None:
    """Run a client to its end.

    Args:
        name: What it is called, for messages.
        command: Program and arguments. No shell reads them; the catalogue holds what it gives to patterns.
        work: The directory that it is run in.
        timeout_s: For the whole run.
        complaint: What the output of a failed run means, in our words.

    Raises:
        ModelUnavailable: It can't be run, does not end in time, or fails.
    """
    try:
        subprocess.run(  # noqa: S603 (see `command`)
            command, cwd=work, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=timeout_s
        )
    except subprocess.TimeoutExpired as error:
        raise ModelUnavailable(f"{name} did not finish within {timeout_s:.0f} seconds") from error
    except subprocess.CalledProcessError as error:
        raise ModelUnavailable(complaint(error.stderr + error.stdout)) from error
    except OSError as error:
        raise ModelUnavailable(f"{name} can't be run: {error.strerror}") from error
