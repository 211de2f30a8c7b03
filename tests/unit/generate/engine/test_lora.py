"""Adapters as inputs, merged and refitted draw the same, and leave nothing behind."""

import copy

import numpy as np
import onnxruntime
import pytest
import torch

from services.common.errors import InvalidInput, ModelUnavailable
from services.generate.engine.adapter import AdapterReader
from services.generate.engine.bucket import ShapeBucket
from services.generate.engine.drawn import draw_inputs
from services.generate.engine.factors import WithFactors, targets
from services.generate.engine.interface import Ranks
from services.generate.engine.lora import AdapterInputs, MergedWeights, RefittedWeights, Worn, fused, merged
from services.generate.engine.spec import Part
from tests.support.adapters import LAYERS, adapter_data
from tests.support.tiny_submodels import tiny_submodel

RANKS = Ranks(4, 8, 16)


@pytest.fixture(scope="module")
def plain():
    return tiny_submodel(Part.UNET)


@pytest.fixture(scope="module")
def adapters(plain):
    reader = AdapterReader({Part.UNET: plain})
    return [reader.read(adapter_data(seed=seed, rank=2 + seed, alpha=3)) for seed in (1, 2)]


@pytest.fixture(scope="module")
def inputs(plain):
    return draw_inputs(plain.interface, plain.interface.shapes(ShapeBucket(1, 64, 64)), seed=1)


def bytes_of(tensors):
    return {name: (tensor.dtype, tensor.numpy().tobytes()) for name, tensor in tensors.items()}


def run(model, inputs):
    with torch.no_grad():
        return model(*[inputs[spec.name] for spec in model.interface.inputs])[0]


def with_merged(plain, inputs, worn):
    merging = MergedWeights(plain)
    merging.use([worn])
    return run(merging.model, inputs)


class FakeEngine:
    """Keeps the weights that it was given, as an engine that can be refitted does."""

    def __init__(self, base):
        self.weights = {name: weights.clone() for name, weights in base.items()}
        self.given = []
        self.broken = False

    def refit(self, weights):
        self.given.append(set(weights))
        for place, (name, value) in enumerate(weights.items()):
            if self.broken and place:
                raise ModelUnavailable("the engine does not take the weights")
            self.weights[name] = value.clone()


def test_inputs_draw_what_merging_draws(plain, adapters, inputs):
    first, second = adapters
    worn = (Worn(first, 0.8), Worn(second, -0.4))
    use = AdapterInputs(Part.UNET, plain.network, RANKS, torch.float32)
    got = run(WithFactors(copy.deepcopy(plain)), inputs | use.use([worn, worn]))
    wanted = with_merged(plain, inputs, worn)
    torch.testing.assert_close(got, wanted, atol=2e-4, rtol=1e-4)
    assert (wanted - run(plain, inputs)).abs().max() > 0.1  # or nothing would be shown


def test_rows_of_one_batch_have_adapters_of_their_own(plain, adapters, inputs):
    sets = [(Worn(adapters[0], 1.0),), ()]
    use = AdapterInputs(Part.UNET, plain.network, RANKS, torch.float32)
    got = run(WithFactors(copy.deepcopy(plain)), inputs | use.use(sets))
    for row, worn in enumerate(sets):
        torch.testing.assert_close(got[row], with_merged(plain, inputs, worn)[row], atol=2e-4, rtol=1e-4)


def test_an_exported_network_takes_adapters_as_inputs(exported, adapters):
    graph = exported("sd")[1]
    worn = (Worn(adapters[0], 1.0),)
    bare = tiny_submodel(Part.UNET, torch.float16)
    drawn = draw_inputs(bare.interface, bare.interface.shapes(ShapeBucket(1, 64, 64)), seed=1)
    factors = AdapterInputs(Part.UNET, bare.network, RANKS, torch.float16).use([worn, worn])
    session = onnxruntime.InferenceSession(str(graph.path), providers=["CPUExecutionProvider"])
    got = session.run(None, {name: tensor.numpy() for name, tensor in (drawn | factors).items()})[0]
    np.testing.assert_allclose(got, with_merged(bare, drawn, worn).numpy(), atol=0.05, rtol=0.05)


def test_inputs_after_another_adapter_are_the_firsts_again(plain, adapters):
    use = AdapterInputs(Part.UNET, plain.network, RANKS, torch.float16)
    first, other = [(Worn(adapters[0], 0.7),)], [(Worn(adapters[1], 0.7),)]
    before, between, after = (bytes_of(use.use(rows)) for rows in (first, other, first))
    assert before == after != between


def test_merged_weights_after_another_adapter_are_the_firsts_again(adapters):
    plain = tiny_submodel(Part.UNET, torch.float16)
    use, seen = MergedWeights(plain), []
    bare = bytes_of(plain.network.state_dict())
    for worn in ((Worn(adapters[0], 0.7),), (Worn(adapters[1], 0.7),), (Worn(adapters[0], 0.7),)):
        use.use([worn, worn])
        seen.append(bytes_of(use.model.network.state_dict()))
    use.use([(), ()])
    assert seen[0] == seen[2] != seen[1]
    assert bytes_of(use.model.network.state_dict()) == bare


def test_network_that_adapters_are_merged_beside_stays_as_it_is(plain, adapters):
    before = bytes_of(plain.network.state_dict())
    use = MergedWeights(plain)
    use.use([(Worn(adapters[0], 0.7),)])
    assert bytes_of(plain.network.state_dict()) == before
    shared = {
        name
        for name, weights in use.model.network.named_parameters()
        if weights is dict(plain.network.named_parameters())[name]
    }
    assert set(dict(plain.network.named_parameters())) - shared == {f"{each}.weight" for each in LAYERS}


def test_a_refitted_engine_after_another_adapter_is_the_firsts_again(plain, adapters):
    base = plain.network.state_dict()
    engine = FakeEngine(base)
    use, seen = RefittedWeights(Part.UNET, base, engine.refit), []
    for worn in ((Worn(adapters[0], 0.7),), (Worn(adapters[1], 0.7),), (Worn(adapters[0], 0.7),), ()):
        use.use([worn])
        seen.append(bytes_of(engine.weights))
    assert (seen[0] == seen[2] != seen[1], seen[3] == bytes_of(base)) == (True, True)


def test_what_the_last_set_changed_is_put_back(plain):
    """The two change different layers: what only the first one changes must not stay."""
    reader, base = AdapterReader({Part.UNET: plain}), plain.network.state_dict()
    layer = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
    all_layers = reader.read(adapter_data())
    one_layer = reader.read(adapter_data(layers={layer: (64, 64)}))
    engine = FakeEngine(base)
    use = RefittedWeights(Part.UNET, base, engine.refit)
    use.use([(Worn(all_layers, 1.0),)])
    use.use([(Worn(one_layer, 1.0),)])
    changed = {name for name, value in engine.weights.items() if not torch.equal(value, base[name])}
    assert changed == {f"{layer}.weight"}


def test_a_failed_refit_is_not_taken_for_done(plain, adapters):
    base = plain.network.state_dict()
    engine = FakeEngine(base)
    use, worn = RefittedWeights(Part.UNET, base, engine.refit), (Worn(adapters[0], 1.0),)
    engine.broken = True
    with pytest.raises(ModelUnavailable):
        use.use([worn])
    engine.broken = False
    use.use([worn])
    assert len(engine.given) == 2


def test_the_same_set_is_not_refitted_again(plain, adapters):
    engine = FakeEngine(base := plain.network.state_dict())
    use = RefittedWeights(Part.UNET, base, engine.refit)
    for _ in range(3):
        use.use([(Worn(adapters[0], 1.0),)] * 2)
    assert len(engine.given) == 1


def test_order_does_not_matter(plain, adapters):
    base = plain.network.state_dict()
    worn = Worn(adapters[0], 0.3), Worn(adapters[1], 0.9)
    assert bytes_of(merged(Part.UNET, base, worn)) == bytes_of(merged(Part.UNET, base, worn[::-1]))
    assert fused(worn) == fused(worn[::-1])


@pytest.mark.parametrize(
    "way", [MergedWeights, lambda model: RefittedWeights(model.part, model.network.state_dict(), print)]
)
def test_merged_adapters_are_one_set_for_a_batch(plain, adapters, way):
    with pytest.raises(InvalidInput, match="whole batch"):
        way(plain).use([(Worn(adapters[0], 1.0),), ()])


def test_too_many_ranks_together_are_refused(plain, adapters):
    use = AdapterInputs(Part.UNET, plain.network, Ranks(2, 4, 6), torch.float32)
    with pytest.raises(InvalidInput, match="rank 7 together"):
        use.use([(Worn(adapters[0], 1.0),), (Worn(adapters[1], 1.0),)])


def test_an_adapter_of_other_layers_is_to_be_merged(plain):
    path = adapter_data(layers={"time_embedding.linear_1": (128, 32)})
    adapter = AdapterReader({Part.UNET: plain}).read(path)
    with pytest.raises(InvalidInput, match="merge it instead"):
        AdapterInputs(Part.UNET, plain.network, RANKS, torch.float32).use([(Worn(adapter, 1.0),)])


def test_every_linear_layer_of_attention_and_feed_forward_takes_factors(plain):
    names = set(targets(plain.network))
    assert len(names) == 4 * 10
    assert {name.split("transformer_blocks.0.")[1] for name in names} == {
        *(f"attn{place}.{layer}" for place in (1, 2) for layer in ("to_q", "to_k", "to_v", "to_out.0")),
        "ff.net.0.proj", "ff.net.2",
    }  # fmt: skip
