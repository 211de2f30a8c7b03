import pytest

from services.common.errors import ModelUnavailable
from services.generate.upscale.layers import Layer, read_layers
from tests.support.tiny_upscaler import PARAM


def test_layer_has_its_tensors_and_options():
    layer = read_layers(PARAM)[2]
    assert layer == Layer(
        "Convolution",
        ("data_0",),
        ("a",),
        {0: (4.0,), 1: (3.0,), 4: (1.0,), 5: (1.0,), 6: (108.0,), 9: (2.0,), 10: (0.2,)},
    )


def test_option_that_is_not_there_has_its_default():
    layer = read_layers(PARAM)[2]
    assert (layer.count(2, 1), layer.number(77)) == (1, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ncnn",
        PARAM.replace("7767517", "1"),
        PARAM.replace("0=4", "0=four"),
        PARAM.replace("1 1 data_0", "one 1 data_0"),
    ],
    ids=["empty", "other", "magic", "option", "count"],
)
def test_text_that_is_no_such_file_is_refused(text):
    with pytest.raises(ModelUnavailable):
        read_layers(text)
