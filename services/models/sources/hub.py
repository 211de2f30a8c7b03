"""Files of the Hugging Face hub."""

from huggingface_hub import hf_hub_url

from services.models.catalog import HubSpec


def hub_url(spec: HubSpec) -> str:
    """The https address of a file on the hub, or on the mirror of it that `HF_ENDPOINT` names to its own client.

    The file comes from there as from any https source, as only that way it is bounded, resumed and told about while it
    arrives; private repositories are reached through the mirror of `models.mirror`.
    """
    return hf_hub_url(spec.repo, spec.file, revision=spec.revision)
