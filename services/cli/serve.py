"""`vitrine serve`: the whole service on this machine, until it is told to stop."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from services.cli.configuration import open_settings


def serve(
    host: Annotated[str | None, typer.Option(help="Address that HTTP listens on.", show_default="127.0.0.1")] = None,
    http_port: Annotated[int | None, typer.Option(help="Port of HTTP.", show_default="8000")] = None,
    grpc_port: Annotated[int | None, typer.Option(help="Port of gRPC.", show_default="9000")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Port of the metrics.", show_default="8080")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where results lie.", show_default="the user's")] = None,
) -> None:
    """Run the service on this machine until Ctrl-C; every setting can also come from the environment (VITRINE_…)."""
    from services.common.ports import require_free_ports

    settings = open_settings(
        http={"host": host, "port": http_port},
        grpc={"port": grpc_port},
        ray={"metrics_port": metrics_port},
        data_dir=data_dir,
    )
    # Before Ray is imported, so that a taken port is said at once.
    require_free_ports(settings)
    from services.app import LocalService

    typer.echo("starting: Ray, three stages and their warm-up")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        with LocalService(settings) as service:
            typer.echo(
                f"ready: gRPC on port {settings.grpc.port}, HTTP at {settings.http.base_url} (API: /docs), "
                f"metrics on port {settings.ray.metrics_port}; logs in {service.logs_dir}"
            )
            service.wait()
    except KeyboardInterrupt:
        typer.echo("stopped")


def _interrupt(number: int, frame: object) -> None:
    del number, frame
    for again in (signal.SIGINT, signal.SIGTERM):  # the second one must not break off an orderly end
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt
