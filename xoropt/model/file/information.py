"""Checks of what a file says for people alone: no decoder relies on it, but it is shown and calculated with."""

import json
import re
import sys
from typing import Any

from xoropt.common.errors import FormatError

__all__ = ["check_loss", "check_mask_plane", "check_quantization", "check_text"]

MOST = 1 << 53
"""The largest number that is shown."""
TEXTS = {"scales": ("tensor", "row")}
NUMBERS = {"sparsity": (0.0, 1.0), "bits": (1, 8), "magnitude": (0.0, 1.0 + 1e-3)}
"""What is known of some values: the texts, and the least and the greatest number."""
HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""The escape of half a character in JSON."""


def check_quantization(quantization: dict[str, Any]) -> None:
    """Check how a tensor was pruned and quantized, as the description says.

    Raises:
        FormatError: a value is no text and no finite number of usual size, or one that is known is out of range.
    """
    for key, value in quantization.items():
        ok = type(value) is str or (type(value) in (int, float) and abs(value) <= MOST)
        if ok and key in NUMBERS:
            least, most = NUMBERS[key]
            ok = type(value) is not str and least <= value <= most
        if ok and key in TEXTS:
            ok = value in TEXTS[key]
        if not ok:
            raise FormatError("the description lacks a valid 'quantization'")


def check_loss(loss: list[Any]) -> list[float]:
    """Return what pruning and quantizing cost, four sums, as the description says.

    Raises:
        FormatError: a sum is no finite number, or below zero, or what was kept is more than all.
    """
    ok = len(loss) == 4 and all(type(part) in (int, float) and 0 <= part <= sys.float_info.max for part in loss)
    if not ok or loss[2] > loss[3]:
        raise FormatError("the description lacks a valid 'loss'")
    return [float(part) for part in loss]


def check_text(text: str | bytes, values: Any) -> None:
    """Check that a JSON text holds whole characters alone.

    Args:
        text: as it was stored.
        values: what it says.

    Raises:
        FormatError: it escapes half a character, which can't be written or shown.
    """
    if HALF.search(text if isinstance(text, str) else text.decode("utf-8", "replace")):
        try:
            json.dumps(values, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise FormatError("the description holds half a character") from None


def check_mask_plane(data: bytes) -> None:
    """Check the description of a mask's plane, where a file of version 1 stores it as a part.

    Raises:
        FormatError: it is no JSON object.
    """
    try:
        plane = json.loads(data)
    except (ValueError, RecursionError):
        plane = None
    if not isinstance(plane, dict):
        raise FormatError("the description of its mask is not valid JSON")
    check_text(data, plane)
