"""`CompressConfig` refuses what makes no sense."""

import numpy as np
import pytest

import xoropt
from xoropt import CompressConfig


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"sparsity": 1.0}, "'sparsity' must be at least 0 and below 1, not 1.0"),
        ({"bits": 0}, "'bits'"),
        ({"sparsity": 0.9}, "Argument 'sparsity' needs 'bits': the weights that are kept are quantized; give 1 for"),
        (
            {"sparsity": 0.9, "bits": 1, "mask": "low_rank"},
            "'mask_bits', say 0.15, and 'rank': the mask 'low_rank' needs one",
        ),
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


@pytest.mark.parametrize(
    ("options", "by_fields"),
    [
        ({}, True),
        ({"effort": "fast", "patches": "greedy", "mask": "smallest"}, True),
        ({"only_quantized": True}, False),
        ({"network": "block:n_in=20,n_out=180"}, False),
        ({"n_in": 20}, False),
        ({"solver": "greedy"}, False),
    ],
)
def test_what_stores_dense_tensors_by_fields(options, by_fields):
    dense = {"w": np.random.default_rng(0).standard_normal((100, 80)).astype(np.float32)}
    (tensor,) = xoropt.compress(dense, CompressConfig(**options)).tensors.values()
    assert isinstance(tensor, xoropt.CompressedTensor) == by_fields
    assert (xoropt.decompress_tensor(tensor) == dense["w"]).all()


def test_what_is_no_mapping_of_arrays():
    class Module:
        def state_dict(self):
            return {}

    with pytest.raises(xoropt.ArgumentError, match="not str; compress_checkpoint takes the paths of files and folders"):
        xoropt.compress("folder")
    with pytest.raises(xoropt.ArgumentError, match=r"not Module; give its state_dict\(\)"):
        xoropt.compress(Module())


def test_exactly_changes_no_tensor():
    pruning = CompressConfig(sparsity=0.5, bits=2, scales="row", mask="low_rank", rank=2, effort="fast", exclude=("a",))
    assert pruning.changes
    assert pruning.exactly == CompressConfig(effort="fast", exclude=("a",))
    assert CompressConfig(merge_zeros=True).exactly == CompressConfig()
    assert not pruning.exactly.changes
