"""TrainingService's messages, field for field as in `protos/vitrine/v1/trainings.proto`."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from services.api.catalog import STYLE_ID
from services.api.common import Blob, Count32, Message, Text, ZeroIsAbsent
from services.api.jobs import ItemError

#: Bounds of the contract; the service's own, which `training.…` of the settings name, are mostly lower.
MAX_PICTURES: Final = 1000
MAX_STEPS: Final = 1_000_000
MAX_RANK: Final = 1024
MAX_BATCH: Final = 64
MAX_CAPTION_CHARS: Final = 1000

TrainingId = Annotated[str, Field(max_length=64)]


class StyleTrainingState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    CANCELLING = "CANCELLING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class StyleTraining(Message):
    training_id: str = ""
    style_id: str = Field("", description="The style that comes of it.")
    description: str = ""
    state: Annotated[StyleTrainingState | None, ZeroIsAbsent] = None
    steps_done: Count32 = 0
    steps: Count32 = 0
    loss: float = Field(0.0, description="Of the last step that was told.")
    rank: Count32 = 0
    learning_rate: float = 0.0
    batch: Count32 = 0
    seed: int = Field(0, ge=0, le=2**32 - 1)
    pictures: Count32 = Field(0, description="How many it is trained on.")
    attempts: Count32 = Field(0, description="How often it was begun since it last got on.")
    create_time: str = Field("", description="RFC 3339.")
    start_time: str = Field("", description="Of the last attempt.")
    end_time: str = ""
    retry_time: str = Field("", description="Not begun again before this.")
    expire_time: str = Field("", description="When an ended training and its pictures are removed; the style stays.")
    error: ItemError | None = Field(None, description="Why the last attempt came to nothing.")
    loss_plot: Blob | None = Field(None, description="The losses of all steps as a picture.")
    sample_sheet: Blob | None = Field(None, description="Captions without the style, with half and with all of it.")


class TrainingPicture(Message):
    blob_key: str = Field("", max_length=512, description="The key of an upload or of a result of yours.")
    caption: Text = Field(
        "", max_length=MAX_CAPTION_CHARS, description="What is in it; empty: the words of the training's scene."
    )


class CreateStyleTrainingRequest(Message):
    style_id: str = Field("", pattern=STYLE_ID)
    description: Text = Field("", max_length=200)
    pictures: list[TrainingPicture] = Field([], max_length=MAX_PICTURES)
    scene_id: str = Field("", max_length=64, description="Its words are the caption of pictures that have none.")
    words: Text = Field("", max_length=MAX_CAPTION_CHARS, description="Added to the scene's words.")
    steps: int = Field(0, ge=0, le=MAX_STEPS, description="0 stands for 400.")
    rank: int = Field(0, ge=0, le=MAX_RANK, description="Of the adapter; 0 stands for 8.")
    learning_rate: float = Field(0.0, ge=0, le=1, description="Of AdamW; 0 stands for 0.0001.")
    batch: int = Field(0, ge=0, le=MAX_BATCH, description="Pictures in a step; 0 stands for 4.")
    seed: int = Field(0, ge=0, le=2**32 - 1)


class CreateStyleTrainingResponse(Message):
    training: StyleTraining = StyleTraining()


class GetStyleTrainingRequest(Message):
    training_id: TrainingId = ""


class GetStyleTrainingResponse(Message):
    training: StyleTraining = StyleTraining()


class ListStyleTrainingsRequest(Message):
    page_size: int = Field(0, ge=0, le=200, description="At most this many; 0 stands for 50.")
    page_token: str = Field("", max_length=256)
    states: list[StyleTrainingState] = Field(
        [], max_length=len(StyleTrainingState), description="Only trainings in one of these."
    )


class ListStyleTrainingsResponse(Message):
    trainings: list[StyleTraining] = []
    next_page_token: str = ""


class CancelStyleTrainingRequest(Message):
    training_id: TrainingId = ""


class CancelStyleTrainingResponse(Message):
    training: StyleTraining = StyleTraining()
