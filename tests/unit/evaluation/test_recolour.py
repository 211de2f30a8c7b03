from services.evaluation.bars import BARS
from services.evaluation.recolour import Recoloured


def test_recoloured_product_is_near_the_rendered_one_and_all_is_told(cases):
    values = Recoloured(cases).ask(0).values
    assert values["recolour_mean"] < 1
    assert values["recolour_ssim"] > 0.98
    assert values["recolour_outside_px"] == 0
    assert {bar.measure for bar in BARS if bar.measure.startswith("recolour")} == values.keys()
