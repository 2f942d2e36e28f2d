"""ParityBatch: what it refuses."""

import numpy as np
import pytest
from xoropt_solvers import InvalidInputError, ParityBatch


def batch_arrays(**changes):
    arrays = {"rows": np.array([1, 2], np.uint64), "values": np.zeros(2, bool), "starts": np.array([0, 1, 2]), "n": 2}
    return arrays | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": np.array([1, 2])}, "'rows' must be a flat uint64 array, not int64"),
        ({"values": [0, 1]}, "'values' must be a flat bool array"),
        ({"values": np.zeros(3, bool)}, "'values' must have one entry for each of the 2 rows, not 3"),
        ({"starts": np.array([0, 1])}, "'starts' must rise from 0"),
        ({"starts": np.array([0, 3, 2])}, "'starts' must rise from 0"),
        ({"n": 65}, "'n' must be at most 64, not 65"),
        ({"n": 1}, "'rows' has bits beyond the n = 1"),
        ({"weights": np.array([1, -1])}, "'weights' must hold non-negative integers, not -1"),
    ],
)
def test_bad_batches_are_refused(changes, message):
    with pytest.raises(InvalidInputError, match=message):
        ParityBatch(**batch_arrays(**changes))
