"""TrainingService over gRPC."""

from services.api import trainings
from services.gateway.rpc import GrpcContext, Rpcs
from services.pb.vitrine.v1 import trainings_pb2


class TrainingRpcs(Rpcs):
    """Styles trained from pictures."""

    async def CreateStyleTraining(
        self, message: trainings_pb2.CreateStyleTrainingRequest, grpc_context: GrpcContext
    ) -> trainings_pb2.CreateStyleTrainingResponse:
        """A training that waits for a trainer."""
        return await self._unary(
            "CreateStyleTraining", grpc_context, message, trainings.CreateStyleTrainingRequest,
            self._services.trainings.create_style_training, trainings_pb2.CreateStyleTrainingResponse,
        )  # fmt: skip

    async def GetStyleTraining(
        self, message: trainings_pb2.GetStyleTrainingRequest, grpc_context: GrpcContext
    ) -> trainings_pb2.GetStyleTrainingResponse:
        """A training as it is now."""
        return await self._unary(
            "GetStyleTraining", grpc_context, message, trainings.GetStyleTrainingRequest,
            self._services.trainings.get_style_training, trainings_pb2.GetStyleTrainingResponse,
        )  # fmt: skip

    async def ListStyleTrainings(
        self, message: trainings_pb2.ListStyleTrainingsRequest, grpc_context: GrpcContext
    ) -> trainings_pb2.ListStyleTrainingsResponse:
        """The tenant's trainings, the newest first."""
        return await self._unary(
            "ListStyleTrainings", grpc_context, message, trainings.ListStyleTrainingsRequest,
            self._services.trainings.list_style_trainings, trainings_pb2.ListStyleTrainingsResponse,
        )  # fmt: skip

    async def CancelStyleTraining(
        self, message: trainings_pb2.CancelStyleTrainingRequest, grpc_context: GrpcContext
    ) -> trainings_pb2.CancelStyleTrainingResponse:
        """The end of a training."""
        return await self._unary(
            "CancelStyleTraining", grpc_context, message, trainings.CancelStyleTrainingRequest,
            self._services.trainings.cancel_style_training, trainings_pb2.CancelStyleTrainingResponse,
        )  # fmt: skip
