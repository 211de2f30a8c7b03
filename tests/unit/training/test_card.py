"""The model card holds every figure."""

from training.card import Figures, write_card


def test_figures_add_up_and_are_replaced_by_name(tmp_path):
    Figures(tmp_path).note({"size": "39 MB", "seam": "1.2"})
    Figures(tmp_path).note({"seam": "1.1"})
    assert Figures(tmp_path).read() == {"size": "39 MB", "seam": "1.1"}


def test_a_card_tells_every_figure_and_how_it_was_drawn(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(bytes(250_000))
    write_card(tmp_path, {"surface recognised": "0.31", "seam": "1.9"}, "drawn in 20 steps")
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "| surface recognised | 0.31 |\n| seam | 1.9 |" in card
    assert "drawn in 20 steps" in card
    assert "**Size**: 0.2 MB" in card
