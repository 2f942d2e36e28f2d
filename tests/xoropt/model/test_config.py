"""`CompressConfig` refuses what makes no sense."""

import pytest

import xoropt
from xoropt import CompressConfig


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"sparsity": 1.0}, "'sparsity' must be at least 0 and below 1, not 1.0"),
        ({"bits": 0}, "'bits'"),
        ({"n_in": 0}, "'n_in' must be from 1 to 64, not 0"),
        ({"n_in": 65}, "'n_in' must be from 1 to 64, not 65"),
        ({"n_out": 0}, "'n_out'"),
        ({"seed": -1}, "'seed'"),
        ({"scope": "layer"}, "'scope' must be one of tensor, global"),
        ({"scales": "column"}, "'scales'"),
        ({"mask": "rle"}, "'mask'"),
        ({"jobs": 0}, "'jobs'"),
        ({"network": "blok:"}, "'block'"),
    ],
)
def test_config_refuses(options, word):
    with pytest.raises(xoropt.ArgumentError, match=word):
        CompressConfig(**options)
