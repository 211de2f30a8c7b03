from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from services.common.errors import Internal, InvalidInput, ModelUnavailable
from services.generate.diffusion.checkpoint import Checkpoint
from services.generate.diffusion.request import Inpainting
from services.generate.pipeline import InpaintPipeline
from services.generate.schema import Scheduler
from tests.support.diffusion import Diffusers, held_square, run_alone, sample_request, soft_picture
from tests.support.tiny_checkpoint import write_tiny_checkpoint

SHAPES = pytest.mark.parametrize("xl", [False, True], ids=["sd", "sdxl"])
CHANNELS = pytest.mark.parametrize("channels", [9, 4], ids=["9-channel", "4-channel"])


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Gives a tiny checkpoint's pipeline and diffusers' own, each made once."""
    pairs = {}

    def get(xl=False, channels=9):
        if (xl, channels) not in pairs:
            folder = write_tiny_checkpoint(tmp_path_factory.mktemp("tiny"), xl=xl, channels=channels)
            pairs[xl, channels] = InpaintPipeline.open(Checkpoint.read(folder)), Diffusers(folder, xl=xl)
        return pairs[xl, channels]

    return get


def difference(first, second):
    """Largest and mean difference of two pictures, of 255."""
    apart = np.abs(first.astype(int) - second.astype(int))
    return apart.max(), apart.mean()


@SHAPES
def test_covered_product_is_decoded_as_what_is_around_it(made, xl):
    pipeline, _ = made(xl)
    drawn = pipeline.prepare(request := sample_request(steps=2))
    while not drawn.done:
        pipeline.step([drawn])
    covered = replace(request.pictures, covered=~request.pictures.mask)
    bare = pipeline.prepare(replace(request, pictures=covered))
    while not bare.done:
        pipeline.step([bare])
    assert torch.equal(bare.latents, drawn.latents)
    [whole], [without] = pipeline.decode([drawn]), pipeline.decode([bare])
    assert not np.array_equal(whole, without)


@SHAPES
@CHANNELS
@pytest.mark.parametrize("plate_strength", [0.0, 0.4])
@pytest.mark.parametrize("kind", Scheduler)
def test_picture_is_that_of_diffusers(made, xl, channels, kind, plate_strength):
    pipeline, diffusers = made(xl, channels)
    request = sample_request(scheduler=kind, plate_strength=plate_strength, steps=5)
    largest, mean = difference(run_alone(pipeline, request), diffusers.run(request))
    assert largest <= 2
    assert mean < 0.01


@SHAPES
@pytest.mark.parametrize(
    "changes",
    [
        {"guidance": 1.0}, {"negative_prompt": ""}, {"seed": 2**32 - 1}, {"steps": 1},
        {"pictures": Inpainting.plain(soft_picture(9, (48, 80)), held_square((48, 80)))},
    ],
    ids=["no guidance", "no negative prompt", "last seed", "one step", "wide"],
)  # fmt: skip
def test_picture_is_that_of_diffusers_at_the_edges(made, xl, changes):
    pipeline, diffusers = made(xl)
    request = sample_request(**changes)
    assert difference(run_alone(pipeline, request), diffusers.run(request))[0] <= 2


def test_guidance_embedding_is_that_of_diffusers(tmp_path):
    folder = write_tiny_checkpoint(tmp_path, time_cond_proj_dim=16)
    request = sample_request(scheduler=Scheduler.LCM, guidance=4.0)
    pictures = (
        run_alone(InpaintPipeline.open(Checkpoint.read(folder)), request),
        Diffusers(folder, xl=False).run(request),
    )
    assert difference(*pictures)[0] <= 2


@SHAPES
@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "a blue shoe on wood"}, {"negative_prompt": "soft light"}, {"seed": 6}, {"guidance": 3.0},
        {"steps": 6}, {"plate_strength": 0.5}, {"scheduler": Scheduler.LCM},
        {"pictures": Inpainting.plain(soft_picture(8), held_square())},
        {"pictures": Inpainting.plain(soft_picture(), held_square().T)},
    ],
    ids=["prompt", "negative prompt", "seed", "guidance", "steps", "plate", "scheduler", "picture", "mask"],
)  # fmt: skip
def test_every_part_of_a_request_counts(made, xl, changes):
    pipeline, _ = made(xl)
    assert difference(run_alone(pipeline, sample_request()), run_alone(pipeline, sample_request(**changes)))[1] > 0.3


def test_context_is_what_a_nine_channel_network_sees(made):
    plain = sample_request().pictures
    wider = Inpainting(plain.image, plain.mask, soft_picture(11), np.ones_like(plain.mask))
    pictures = [run_alone(made()[0], sample_request(pictures=each)) for each in (plain, wider)]
    assert difference(*pictures)[1] > 0.3


def test_four_channel_network_keeps_the_held_latents(made):
    pipeline, _ = made(channels=4)
    sample = pipeline.prepare(sample_request())
    while not sample.done:
        pipeline.step([sample])
    held = (sample.mask == 0).expand_as(sample.latents)
    assert torch.equal(sample.latents[held], sample.image_latents[held])


requests = st.builds(
    sample_request,
    seed=st.integers(0, 2**32 - 1),
    steps=st.integers(2, 6),
    guidance=st.sampled_from([3.0, 7.5]),
    plate_strength=st.sampled_from([0.0, 0.5]),
    scheduler=st.sampled_from(Scheduler),
    prompt=st.sampled_from(["a red cup", "a blue shoe on wood", ""]),
)


@SHAPES
@example_settings(max_examples=5)
@given(batch=st.lists(requests, min_size=2, max_size=4), data=st.data())
def test_neighbours_in_a_batch_change_nothing(made, xl, batch, data):
    """Samples join at random steps and leave when they are done, each with its own scheduler."""
    pipeline, _ = made(xl)
    samples = [pipeline.prepare(request) for request in batch]
    while waiting := [sample for sample in samples if not sample.done]:
        pipeline.step(data.draw(st.lists(st.sampled_from(waiting), min_size=1, unique=True)))
    for sample, request in zip(samples, batch, strict=True):
        assert difference(pipeline.decode([sample])[0], run_alone(pipeline, request))[0] <= 2


def test_guided_and_unguided_samples_share_no_bucket(made):
    pipeline, _ = made()
    samples = [pipeline.prepare(sample_request(guidance=guidance)) for guidance in (1.0, 5.0)]
    with pytest.raises(ValueError, match="one bucket"):
        pipeline.stack(samples)


@pytest.mark.parametrize(
    "changes",
    [{}, {"guidance": 1.0}, {"pictures": Inpainting.plain(soft_picture(9, (48, 80)), held_square((48, 80)))}],
    ids=["square", "no guidance", "wide"],
)
def test_bucket_is_known_before_a_sample_is_prepared(made, changes):
    pipeline, _ = made()
    request = sample_request(**changes)
    assert pipeline.bucket(request) == pipeline.prepare(request).bucket


def test_same_request_gives_the_same_bytes(made):
    pipeline, _ = made()
    first, second = (run_alone(pipeline, sample_request(scheduler=Scheduler.LCM)) for _ in range(2))
    assert np.array_equal(first, second)


def test_preview_is_a_pixel_for_every_latent_cell(made):
    pipeline, _ = made()
    sample = pipeline.prepare(sample_request())
    pipeline.step([sample])
    preview = pipeline.preview(sample)
    assert (preview.shape, preview.dtype) == ((8, 8, 3), np.uint8)


@pytest.mark.parametrize("kind", Scheduler)
def test_last_estimate_is_what_the_latents_end_in(made, kind):
    pipeline, _ = made()
    sample = pipeline.prepare(sample_request(scheduler=kind, steps=6))
    apart = []
    while not sample.done:
        pipeline.step([sample])
        apart.append(sample.denoised)
    assert torch.allclose(apart[-1], sample.latents, atol=0.3 * float(sample.latents.std()))


def test_size_that_is_no_bucket_is_refused(made):
    odd = Inpainting.plain(soft_picture(size_hw=(64, 72)), held_square((64, 72)))
    with pytest.raises(InvalidInput, match="64 x 64") as caught:
        made()[0].prepare(sample_request(pictures=odd))
    assert caught.value.details["field"] == "canvas"


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
def test_prompt_of_too_many_tokens_is_refused(made, field):
    pipeline, _ = made()
    with pytest.raises(InvalidInput, match="76 tokens") as caught:
        pipeline.prepare(sample_request(**{field: "cup " * 76}))
    assert caught.value.details == {"field": field, "got": 76, "min": 0, "max": 75}


def test_prompt_of_just_enough_tokens_is_read(made):
    pipeline, _ = made()
    assert pipeline.prepare(sample_request(prompt="cup " * pipeline.max_tokens)).steps_done == 0


def test_more_steps_than_a_scheduler_takes_are_refused(made):
    with pytest.raises(InvalidInput, match="LCM takes 1 to 50"):
        made()[0].check(sample_request(scheduler=Scheduler.LCM, steps=51))


def test_numbers_that_overflowed_give_no_picture(made):
    pipeline, _ = made()
    sample = pipeline.prepare(sample_request())
    pipeline.advance(sample, torch.full_like(sample.latents, torch.inf))
    with pytest.raises(Internal, match="precision"):
        pipeline.decode([sample])


def test_warm_up_makes_a_picture(made):
    made()[0].warm_up()


def test_networks_that_do_not_work_together_are_refused_before_traffic(tmp_path):
    folder = write_tiny_checkpoint(tmp_path, class_embed_type="timestep")
    pipeline = InpaintPipeline.open(Checkpoint.read(folder, "odd"))
    with pytest.raises(ModelUnavailable, match="work together"):
        pipeline.warm_up()


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 8), (torch.float16, 2)], ids=str)
def test_half_precision_comes_near_to_full(tmp_path, dtype, tolerance):
    checkpoint = Checkpoint.read(write_tiny_checkpoint(tmp_path, xl=True))
    pictures = [
        run_alone(InpaintPipeline.open(checkpoint, dtype=each), sample_request()) for each in (torch.float32, dtype)
    ]
    assert difference(*pictures)[1] < tolerance
