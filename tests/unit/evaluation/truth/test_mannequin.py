from services.evaluation.truth.mannequin import Limb, Mannequin

ARM = Mannequin((60, 100), (Limb(((20.0, 30.0), (80.0, 30.0)), 10.0),), (0.8, 0.8, 0.8))


def test_limb_is_as_thick_as_it_is_said_to_be():
    assert abs(ARM.alpha()[:, 50].sum() - 20) < 0.05


def test_limb_is_round_and_lit_from_above_left():
    height, light = ARM.height()[:, 50], ARM.colors()[:, 50, 0]
    assert height.argmax() in (29, 30)
    assert light[23] > light[37]


def test_beside_a_limb_nothing_stands_out():
    assert not ARM.height()[:15].any()
