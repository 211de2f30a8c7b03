"""One claim of a training, from its beginning to what is written down of it."""

from typing import Final, Protocol

from services.api.trainings import StyleTrainingState as State
from services.common.errors import Cancelled, Conflict, Internal, InvalidInput, StorageUnavailable, VitrineError
from services.common.logs import logger
from services.database.database import Database
from services.factory.keeper import Keep
from services.factory.moves import ENDED
from services.factory.queue import TrainingQueue
from services.factory.schema import Made, Seen, TrainingTask
from services.factory.watch import Stopped, Watch, Why
from services.styles.registry import StyleRegistry

#: Outcomes beside the codes of errors.
OK: Final = "ok"
RELEASED: Final = "released"
LOST: Final = "lost"


class Maker(Protocol):
    """Makes styles, see `Workshop`."""

    def make(self, task: TrainingTask, watch: Watch, keep: Keep) -> Made:
        """Train, from where it was left, and draw the sample sheet."""

    def clear(self, tenant: str, training_id: str, seen: Seen | None = None) -> None:
        """Remove the files of a training that has ended, but for what can be looked at."""


class Attempts:
    """Takes claims to their ends, in the thread that calls. While the database is away nothing can be written down: the
    lease ends by itself then, and who claims the training next goes on from the last state that was kept.

    Args:
        database: Where trainings are.
        queue: Writes down what became of them.
        maker: Makes styles.
        registry: Gets them.
    """

    def __init__(self, database: Database, queue: TrainingQueue, maker: Maker, registry: StyleRegistry) -> None:
        self._database = database
        self._queue = queue
        self._maker = maker
        self._registry = registry

    def run(self, task: TrainingTask, watch: Watch) -> str:
        """Work on a claim. No error comes out.

        Returns:
            "ok", "released", "lost" or the code of the error that it came to.
        """
        try:
            outcome = self._outcome(task, watch)
        except StorageUnavailable as error:
            logger().warning("what became of a training could not be written down", cause=repr(error.__cause__))
            return LOST
        except Exception:  # noqa: BLE001 - whatever it is, the next training goes on
            logger().exception("a training could not be ended")
            return LOST
        logger().info("training ended", outcome=outcome, step=watch.step)
        return outcome

    def _outcome(self, task: TrainingTask, watch: Watch) -> str:
        try:
            return self._registered(task, self._maker.make(task, watch, self._keep))
        except Stopped as stopped:
            return self._stopped(task, stopped.why)
        except VitrineError as error:
            return self._failed(task, error)
        except Exception:  # noqa: BLE001 - any of what computes
            logger().exception("a training's attempt failed")
            return self._failed(task, Internal("something went wrong here; the training's id finds it in the logs"))

    def _keep(self, task: TrainingTask, key: str, step: int) -> None:
        with self._database.transaction() as session:
            held = self._queue.keep(session, task, key, step)
        if not held:
            raise Stopped(Why.LOST)

    def _registered(self, task: TrainingTask, made: Made) -> str:
        """The file goes before, where it is nobody's style yet; the style is made one while the claim is held. Where
        the claim was lost the file stays: whoever has it now may have made the same one."""
        self._registry.put(made.style, made.data)
        try:
            with self._database.transaction() as session:
                ended = self._queue.succeed(session, task, made.seen, lambda: self._registry.add(made.style))
        except (Conflict, InvalidInput):
            self._registry.forget(made.style)
            raise
        if ended:
            self._clear(task, made.seen)
            return OK
        outcome = self._stopped(task, Why.CANCELLED)
        if outcome != LOST:
            self._registry.forget(made.style)
        return outcome

    def _stopped(self, task: TrainingTask, why: Why) -> str:
        if why is Why.LOST:
            return LOST
        with self._database.transaction() as session:
            state = self._queue.give_back(session, task)
        return self._ended(task, state, RELEASED)

    def _failed(self, task: TrainingTask, error: VitrineError) -> str:
        logger().warning("training failed", code=error.code, message=error.message, cause=repr(error.__cause__))
        with self._database.transaction() as session:
            state = self._queue.fail(session, task, error)
        return self._ended(task, state, error.code)

    def _ended(self, task: TrainingTask, state: State | None, outcome: str) -> str:
        if state is None:
            return LOST
        if state in ENDED:
            self._clear(task)
        return Cancelled.code if state is State.CANCELLED else outcome

    def _clear(self, task: TrainingTask, seen: Seen | None = None) -> None:
        try:
            self._maker.clear(task.tenant, task.training_id, seen)
        except StorageUnavailable as error:  # what is left goes when the training does
            logger().warning("files of a training could not be removed", error=error.message)
