"""Circuits as text."""

import pytest
from circuit_examples import SMALL, WIDE

from xoropt.circuits import from_text, to_text
from xoropt.common.errors import FormatError

TEXT = """# by hand
xor-circuit 1
inputs 3
t0 = x0 + x1
t1 = x2 + t0
y0 = t1
y1 = 0
y2 = x1
y3 = t0
"""


def test_text_is_exact():
    assert to_text(SMALL, "by hand") == TEXT
    assert from_text(TEXT) == SMALL
    assert from_text(to_text(WIDE)) == WIDE


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("xor-circuit 1", "xor-circuit 2", "not a circuit"),
        ("inputs 3", "inputs three", "inputs"),
        ("t1 = x2 + t0", "t2 = x2 + t0", "line 5"),
        ("x2 + t0", "x3 + t0", "no input x3"),
        ("x2 + t0", "x2 + t1", "Gate 1"),
        ("x2 + t0", "x2", "two to 4"),
        ("x2 + t0", "x2 + 0", "two to 4"),
        ("x2 + t0", "x2 * t0", "not a signal"),
        ("x2 + t0", "x0 + x0", "different"),
        ("y3 = t0", "y3 = t0 + t1", "one signal"),
        ("y3 = t0", "y4 = t0", "line 9"),
        ("y3 = t0", "t2 = x0 + x1", "line 9"),
        ("y3 = t0", "y3 = t9", "outside"),
    ],
)
def test_bad_text_names_the_line(old, new, message):
    with pytest.raises(FormatError, match=message):
        from_text(TEXT.replace(old, new), "c.txt")
