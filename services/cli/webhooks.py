"""`vitrine webhooks`: addresses that are told of events."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.configuration import api_key, service_address
from services.cli.console import AddressOption, JsonOption, asides, results, write_json

if TYPE_CHECKING:
    from services.api.webhooks import Webhook, WebhookDelivery
    from services.client.webhooks import Webhooks

webhooks = typer.Typer(no_args_is_help=True, help="Webhooks: addresses that are told of events.")

WebhookArgument = Annotated[str, typer.Argument(help="Its id, as 'vitrine webhooks list' tells it.")]
EventOption = Annotated[
    list[str] | None,
    typer.Option(
        "--event", "-e",
        help="Told of this: job.done, job.cancelled, item.succeeded, item.failed; may be given several times.",
    ),
]  # fmt: skip


@contextmanager
def _calls(address: str | None) -> "Iterator[Webhooks]":
    from services.client import Vitrine

    with Vitrine(service_address(address), api_key=api_key()) as vitrine:
        yield vitrine.webhooks


@webhooks.command("add")
def add_webhook(
    url: Annotated[str, typer.Argument(help="https, on the internet.")],
    event: EventOption = None,
    description: Annotated[str, typer.Option(help="What you know it by.")] = "",
    address: AddressOption = None,
) -> None:
    """Have an address told of events, of the end of jobs where none is named, and show its secret, this once."""
    with _calls(address) as calls:
        made = calls.create(url, event or ["job.done", "job.cancelled"], description)
    asides().print(f"{made.webhook.webhook_id} is told of {', '.join(made.webhook.events)}")
    _show(made.secret)


@webhooks.command("list")
def list_webhooks(address: AddressOption = None, json: JsonOption = False) -> None:
    """List your webhooks, without their secrets."""
    with _calls(address) as calls:
        found = calls.all()
    if json:
        write_json([each.model_dump(mode="json") for each in found])
        return
    _table(
        ("webhook", "enabled", "events", "failing since", "url", "description"),
        [
            (
                each.webhook_id, "yes" if each.enabled else "no", " ".join(each.events), each.failing_since or "-",
                each.url, each.description,
            )
            for each in found
        ],
    )  # fmt: skip


@webhooks.command("update")
def update_webhook(
    webhook: WebhookArgument,
    url: Annotated[str | None, typer.Option(help="Another address.")] = None,
    event: EventOption = None,
    description: Annotated[str | None, typer.Option(help="What you know it by.")] = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Send, or send nothing.")] = None,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """Change what is given."""
    with _calls(address) as calls:
        changed = calls.update(webhook, url=url, events=event, description=description, enabled=enabled)
    _tell(changed, json)


@webhooks.command("remove")
def remove_webhook(webhook: WebhookArgument, address: AddressOption = None) -> None:
    """Remove a webhook and the log of its deliveries; what waits for it is not sent."""
    with _calls(address) as calls:
        calls.delete(webhook)
    typer.echo(f"removed {webhook}")


@webhooks.command("rotate")
def rotate_secret(
    webhook: WebhookArgument,
    overlap: Annotated[float, typer.Option(min=0, help="The old secret signs as well for so many hours.")] = 24,
    address: AddressOption = None,
) -> None:
    """Make a new secret and show it, this once."""
    with _calls(address) as calls:
        made = calls.rotate(webhook, overlap_s=overlap * 3600)
    _show(made.secret)


@webhooks.command("ping")
def ping_webhook(webhook: WebhookArgument, address: AddressOption = None) -> None:
    """Send a ping; 'vitrine webhooks deliveries' tells whether it arrived."""
    with _calls(address) as calls:
        typer.echo(calls.ping(webhook))


@webhooks.command("deliveries")
def list_deliveries(
    webhook: Annotated[str, typer.Option(help="Only those to one webhook.", show_default="all")] = "",
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only these: pending, delivered, failed; may be given several times.", show_default="all"),
    ] = None,
    most: Annotated[int, typer.Option("--most", "-n", min=1, help="Told at most, the newest.")] = 50,
    address: AddressOption = None,
    json: JsonOption = False,
) -> None:
    """List what was and will be sent, the newest first, with what the last attempt came to."""
    from services.api.webhooks import DeliveryState
    from services.common.errors import InvalidInput

    try:
        states = [DeliveryState(name.upper()) for name in state or ()]
    except ValueError as error:
        known = ", ".join(each.lower() for each in DeliveryState)
        raise InvalidInput(f"a state is one of {known}", field="state") from error
    with _calls(address) as calls:
        found = calls.deliveries(webhook, states=states, most=most)
    if json:
        write_json([each.model_dump(mode="json") for each in found])
        return
    columns = ("delivery", "event", "state", "made", "attempts", "next", "last answer")
    _table(columns, [_row(each) for each in found])


@webhooks.command("redeliver")
def redeliver(
    delivery: Annotated[str, typer.Argument(help="Its id, as 'vitrine webhooks deliveries' tells it.")],
    address: AddressOption = None,
) -> None:
    """Send a message again, under its own id."""
    with _calls(address) as calls:
        typer.echo(calls.redeliver(delivery).delivery_id)


def _row(delivery: "WebhookDelivery") -> tuple[str, ...]:
    last = delivery.attempts[-1] if delivery.attempts else None
    answer = "-" if last is None else last.error or str(last.status)
    return (
        delivery.delivery_id, delivery.event, (delivery.state or "").lower(), delivery.create_time,
        str(len(delivery.attempts)), delivery.next_time or "-", answer,
    )  # fmt: skip


def _table(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    results().print(table)


def _tell(webhook: "Webhook", as_json: bool) -> None:
    fields: dict[str, Any] = webhook.model_dump(mode="json")
    if as_json:
        write_json(fields)
    else:
        typer.echo(f"{webhook.webhook_id} {'is told of ' + ', '.join(webhook.events) if webhook.enabled else 'is off'}")


def _show(secret: str) -> None:
    """The secret alone on standard output, so that scripts can take it."""
    asides().print("keep the secret now: it is not shown again")
    typer.echo(secret)
