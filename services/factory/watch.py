"""What passes between the thread that trains and the loop beside it."""

from enum import Enum, auto


class Why(Enum):
    """Why a training is to stop."""

    CANCELLED = auto()
    #: Its claim is not ours any more.
    LOST = auto()
    #: The trainer stops; others go on with it.
    DRAINED = auto()


class Stopped(Exception):
    """A training was told to stop.

    Args:
        why: See there.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why.name)
        self.why = why


class Watch:
    """One training, seen from outside: how far it is, and whether it is to stop. Threads need no lock for it: each
    field has one writer, but for the reason, of which any will do."""

    def __init__(self) -> None:
        self.step = 0
        #: Grows as long as the training goes on.
        self.signs = 0
        self.loss = 0.0
        self.why: Why | None = None

    def tell(self, step: int, loss: float) -> None:
        """Note a step that was taken.

        Raises:
            Stopped: It was the last for now.
        """
        self.step, self.loss = step, loss
        self.check()

    def stop(self, why: Why) -> None:
        """Have the training stop within a step; of several reasons the first counts."""
        self.why = self.why or why

    def check(self) -> None:
        """See that the training may go on.

        Raises:
            Stopped: It may not.
        """
        self.signs += 1
        if self.why is not None:
            raise Stopped(self.why)
