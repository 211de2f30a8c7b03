"""Trainings of styles: the calls as generators of steps, and how both clients offer them, as `vitrine.trainings`."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar, Unpack

from services.api.common import Message
from services.api.convert import to_proto, validated
from services.api.trainings import (
    CancelStyleTrainingRequest,
    CancelStyleTrainingResponse,
    CreateStyleTrainingRequest,
    CreateStyleTrainingResponse,
    GetStyleTrainingRequest,
    GetStyleTrainingResponse,
    ListStyleTrainingsRequest,
    ListStyleTrainingsResponse,
    StyleTraining,
    StyleTrainingState,
    TrainingPicture,
)
from services.client.calls import Calls
from services.client.messages import from_proto
from services.client.steps import AsyncRun, Emit, Flow, Method, Pause, Run
from services.pb.vitrine.v1 import trainings_pb2

_METHODS: Final = trainings_pb2.DESCRIPTOR.services_by_name["TrainingService"].methods_by_name
_ENDED: Final = (StyleTrainingState.SUCCEEDED, StyleTrainingState.FAILED, StyleTrainingState.CANCELLED)
#: A training that is watched is asked about so often, in seconds.
WATCH_EVERY_S: Final = 2.0

#: A file of this machine with its caption, or a picture that the service has already.
Picture = tuple[Path, str] | TrainingPicture
A = TypeVar("A", bound=Message)


class TrainingOptions(TypedDict, total=False):
    """Options of `create`, see `CreateStyleTrainingRequest`."""

    description: str
    scene_id: str
    words: str
    steps: int
    rank: int
    learning_rate: float
    batch: int
    seed: int


class TrainingFlows(Calls):
    """The calls.

    Args:
        address, timeout_s, max_attempts: See `Calls`.
        upload: Puts a file of a type into the store; its key.
    """

    def __init__(
        self,
        address: str,
        timeout_s: float,
        max_attempts: int,
        upload: Callable[[Path | bytes, str], Flow[str]],
    ) -> None:
        super().__init__(address, timeout_s, max_attempts)
        self._upload = upload

    def create(
        self, style_id: str, pictures: Iterable[Picture], options: TrainingOptions, key: str
    ) -> Flow[StyleTraining]:
        """A new training."""
        fields: dict[str, Any] = {"style_id": style_id, **options}
        validated(CreateStyleTrainingRequest, fields)  # before files are sent for nothing
        sent = []
        for picture in pictures:
            if isinstance(picture, TrainingPicture):
                sent.append(picture)
            else:
                file, caption = picture
                sent.append(TrainingPicture(blob_key=(yield from self._upload(file, "")), caption=caption))
        fields["pictures"] = sent
        return (yield from self._ask(CreateStyleTrainingRequest, fields, CreateStyleTrainingResponse, key)).training

    def get(self, training_id: str) -> Flow[StyleTraining]:
        """A training as it is now."""
        fields = {"training_id": training_id}
        return (yield from self._ask(GetStyleTrainingRequest, fields, GetStyleTrainingResponse)).training

    def all(self, states: Sequence[StyleTrainingState]) -> Flow[list[StyleTraining]]:
        """All trainings, page by page."""
        found, token = list[StyleTraining](), ""
        while True:
            fields = {"page_token": token, "states": list(states)}
            page = yield from self._ask(ListStyleTrainingsRequest, fields, ListStyleTrainingsResponse)
            found += page.trainings
            if not (token := page.next_page_token):
                return found

    def cancel(self, training_id: str) -> Flow[StyleTraining]:
        """The end of a training."""
        fields = {"training_id": training_id}
        return (yield from self._ask(CancelStyleTrainingRequest, fields, CancelStyleTrainingResponse)).training

    def watch(self, training_id: str) -> Flow[None]:
        """Emits the training as it is now and each time that it changed, until it has ended."""
        told: StyleTraining | None = None
        while told is None or told.state not in _ENDED:
            if told is not None:
                yield Pause(WATCH_EVERY_S)
            training = yield from self.get(training_id)
            if training != told:
                yield Emit(training)
            told = training

    def _ask(self, model: type[Message], fields: dict[str, Any], answer: type[A], key: str = "") -> Flow[A]:
        name = model.__name__
        request = to_proto(validated(model, fields), getattr(trainings_pb2, name))
        method = Method(_METHODS[name.removesuffix("Request")])
        return from_proto((yield from self._call(method, request, self._patience(None), key)), answer)


class Trainings:
    """Styles trained by the service, see `docs/styles.md`.

    Args:
        flows: The calls.
        run: Carries them out.
        tell: Carries those out that emit.
    """

    def __init__(self, flows: TrainingFlows, run: Run, tell: Callable[[Flow[None]], Iterator[Any]]) -> None:
        self._flows = flows
        self._run = run
        self._tell = tell

    def create(
        self, style_id: str, pictures: Iterable[Picture], *, key: str = "", **options: Unpack[TrainingOptions]
    ) -> StyleTraining:
        """Have a style trained.

        Args:
            style_id: What it will be called.
            pictures: Files with their captions, which are uploaded first, or `TrainingPicture`s that name what the
                service has. An empty caption stands for the scene's words.
            key: Idempotency key: the same call again with the same key makes no second training.
            **options: See `TrainingOptions`.
        """
        return self._run(self._flows.create(style_id, pictures, options, key))

    def get(self, training_id: str) -> StyleTraining:
        """A training as it is now."""
        return self._run(self._flows.get(training_id))

    def all(self, states: Sequence[StyleTrainingState] = ()) -> list[StyleTraining]:
        """Your trainings, the newest first."""
        return self._run(self._flows.all(states))

    def cancel(self, training_id: str) -> StyleTraining:
        """End a training; one that is being worked on stops within a step."""
        return self._run(self._flows.cancel(training_id))

    def watch(self, training_id: str) -> Iterator[StyleTraining]:
        """A training as it is now and each time that it changed; the last one has ended."""
        return self._tell(self._flows.watch(training_id))


class AsyncTrainings:
    """`Trainings` for asyncio: the same calls, arguments, results and errors.

    Args:
        flows: The calls.
        run: Carries them out.
        tell: Carries those out that emit.
    """

    def __init__(self, flows: TrainingFlows, run: AsyncRun, tell: Callable[[Flow[None]], AsyncIterator[Any]]) -> None:
        self._flows = flows
        self._run = run
        self._tell = tell

    async def create(
        self, style_id: str, pictures: Iterable[Picture], *, key: str = "", **options: Unpack[TrainingOptions]
    ) -> StyleTraining:
        """See `Trainings.create`."""
        return await self._run(self._flows.create(style_id, pictures, options, key))

    async def get(self, training_id: str) -> StyleTraining:
        """See `Trainings.get`."""
        return await self._run(self._flows.get(training_id))

    async def all(self, states: Sequence[StyleTrainingState] = ()) -> list[StyleTraining]:
        """See `Trainings.all`."""
        return await self._run(self._flows.all(states))

    async def cancel(self, training_id: str) -> StyleTraining:
        """See `Trainings.cancel`."""
        return await self._run(self._flows.cancel(training_id))

    def watch(self, training_id: str) -> AsyncIterator[StyleTraining]:
        """See `Trainings.watch`."""
        return self._tell(self._flows.watch(training_id))
