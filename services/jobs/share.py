"""Whose turn it is: weighted fair sharing by virtual time.

Start-time fair queueing (Goyal, Vin and Cheng, 1996, https://doi.org/10.1145/248156.248171): a tenant's virtual time
grows by an item's seconds over the tenant's weight, and whoever has the least goes first. As nobody knows beforehand
how long an item takes, an estimate is charged when it begins, and corrected when it ends.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

#: What an item is taken to need where nothing of its tenant's has ended yet, in seconds.
UNKNOWN_ITEM_S: Final = 1.0
#: How much of the last item there is in what is learned.
_NEWEST: Final = 0.2


@dataclass(frozen=True)
class Turn:
    """A tenant that may have its turn.

    Args:
        tenant: Who.
        virtual_s: What it has had, in seconds of work by its weight.
        running: How many of its items are at work; of two that had the same, who has fewer goes first.
        item_s: What one more of its items adds to the virtual time.
    """

    tenant: str
    virtual_s: float
    running: int
    item_s: float


def deal(turns: Iterable[Turn], most: int, wanted: Callable[[str], int]) -> dict[str, int]:
    """How many items of each tenant begin; those of whom none does are left out.

    Args:
        turns: Who may have a turn.
        most: How many items begin at most.
        wanted: Tells how many a tenant's could begin; asked once, and only of tenants that get a turn.
    """
    order = [(turn.virtual_s, turn.running, turn.tenant, turn) for turn in turns]
    heapq.heapify(order)
    dealt: dict[str, int] = {}
    wants: dict[str, int] = {}
    while order and most > 0:
        virtual_s, running, name, turn = heapq.heappop(order)
        if name not in wants:
            wants[name] = wanted(name)
        if wants[name] > dealt.get(name, 0):
            dealt[name] = dealt.get(name, 0) + 1
            most -= 1
            heapq.heappush(order, (virtual_s + turn.item_s, running + 1, name, turn))
    return dealt


def start_s(own_s: float, lowest_s: float | None, highest_s: float) -> float:
    """The virtual time at which a tenant takes part again: who was away has saved nothing up, and owes what it owed.

    Args:
        own_s: Its own, when it left.
        lowest_s: The lowest of those who take part, items at work not counted, so that it goes before any further item
            of theirs; None where nobody does.
        highest_s: The highest of all: where nobody takes part, nobody was kept waiting, and all begin anew from there.
    """
    return max(own_s, highest_s if lowest_s is None else lowest_s)


def learned_s(item_s: float, spent_s: float) -> float:
    """How long a tenant's items take after one more has ended, in seconds.

    Args:
        item_s: Learned before; 0: nothing.
        spent_s: What the last one took.
    """
    return item_s + _NEWEST * (spent_s - item_s) if item_s else spent_s
