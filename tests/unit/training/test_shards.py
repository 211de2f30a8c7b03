"""Shards on disk."""

import numpy as np

from tests.unit.training.conftest import LABELS, drawn_picture
from training.shards import Shard, finished_shards, write_shard


def test_a_shard_comes_back_as_it_was_written(tmp_path):
    picture = drawn_picture(1)
    write_shard(tmp_path / "shard-0005", [picture])
    shard = Shard.read(tmp_path / "shard-0005")
    context = shard.context(0)
    assert shard.labels == (LABELS,)
    assert np.abs(shard.image(0).astype(int) - picture.image).mean() < 2  # JPEG
    assert np.array_equal(context.image[context.known], picture.context[picture.known])
    assert np.array_equal(context.held, picture.held)
    assert np.array_equal(context.known, picture.known)


def test_an_unfinished_shard_is_not_found(tmp_path):
    write_shard(tmp_path / "shard-0000", [drawn_picture(1)])
    write_shard(tmp_path / "shard-0001", [drawn_picture(2)])
    (tmp_path / "shard-0000" / "metadata.jsonl").unlink()
    assert [shard.number for shard in finished_shards(tmp_path)] == [1]
