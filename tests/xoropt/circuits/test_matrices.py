"""Binary matrices: their files, and the least depth of their circuits."""

import numpy as np
import pytest

from xoropt.circuits import least_depth, read_matrix
from xoropt.common.errors import FormatError, XoroptError


@pytest.mark.parametrize(
    ("ones", "max_inputs", "depth"),
    [(0, 2, 0), (1, 2, 0), (2, 2, 1), (3, 2, 2), (4, 2, 2), (5, 2, 3), (9, 3, 2), (10, 3, 3), (17, 4, 3)],
)
def test_least_depth(ones, max_inputs, depth):
    matrix = np.zeros((2, 20), dtype=bool)
    matrix[1, :ones] = True
    assert least_depth(matrix, max_inputs) == depth


def test_matrix_files(tmp_path):
    path = tmp_path / "m.txt"
    path.write_text("# two rows\n1 0 1\n\n011\n")
    assert read_matrix(path).tolist() == [[True, False, True], [False, True, True]]
    for text, message in (
        ("101\n1 2 1\n", "line 2.*'2'"),
        ("101\n11\n", "line 2: a row must have 3 columns as above, not 2"),
        ("\n# nothing\n", "no row"),
        ("10é\n", "only 0 and 1"),
    ):
        path.write_text(text)
        with pytest.raises(FormatError, match=message):
            read_matrix(path)
    with pytest.raises(XoroptError, match=r"none\.txt"):
        read_matrix(tmp_path / "none.txt")
