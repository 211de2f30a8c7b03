"""What a peer's program is started with."""

import argparse


def arguments(**own: int) -> argparse.Namespace:
    """Where to listen, and the program's own numbers with what they are when not given. All else, which is for other
    peers, is left aside: `ServiceProcess` starts all alike.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--http-port", type=int, default=7000)
    parser.add_argument("--data-dir")
    for name, value in own.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    return parser.parse_known_args()[0]
