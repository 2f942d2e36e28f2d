"""The layout of a safetensors file: the text of its header, and where each tensor's bytes lie."""

import json
import math
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from xoropt.common.errors import FormatError
from xoropt.common.tensor_files import without_twins

__all__ = ["Layout", "Place", "parse_layout"]

MOST_BYTES = 1 << 48
"""The most bytes of a tensor, far above any that there is."""


@dataclass(frozen=True)
class Place:
    """Where a tensor lies.

    Attributes:
        dtype: its name in the header, such as "BF16".
        shape: of the tensor.
        first, last: its bytes, counted from the end of the header.
    """

    dtype: str
    shape: tuple[int, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Layout:
    """What comes before a file's data, and what it says.

    Attributes:
        header: the text, with the spaces that fill it up.
        places: of the tensors by name, in the order of the header.
        metadata: of the file.
    """

    header: str = field(repr=False)
    places: dict[str, Place] = field(repr=False)
    metadata: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def head(self) -> bytes:
        """The bytes before the data: the header's length, and the header."""
        text = self.header.encode()
        return len(text).to_bytes(8, "little") + text

    @property
    def head_bytes(self) -> int:
        """The number of bytes before the data."""
        return 8 + len(self.header.encode())

    @property
    def data_bytes(self) -> int:
        """The bytes of all tensors."""
        return max((place.last for place in self.places.values()), default=0)

    @property
    def size(self) -> int:
        """The bytes of the file."""
        return self.head_bytes + self.data_bytes


def parse_layout(header: str) -> Layout:
    """Read the text of a header, which may come from a stranger.

    Raises:
        FormatError: it is none, or its tensors do not follow each other without gaps.
    """
    try:
        said = json.loads(header, object_pairs_hook=without_twins)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise FormatError("the header is no JSON object")
    metadata = said.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise FormatError("the header's metadata is not text")
    places = {name: _place(name, entry) for name, entry in said.items()}
    end = 0
    for first, last in sorted((place.first, place.last) for place in places.values()):
        if first != end:
            raise FormatError("the tensors of the header overlap or leave a gap")
        end = last
    return Layout(header, places, metadata)


def _place(name: str, entry: Any) -> Place:
    known = entry if isinstance(entry, dict) else {}
    dtype, shape, offsets = (known.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:
        raise FormatError(f"tensor '{name}': its entry in the header is not valid")
    if offsets[0] > offsets[1] or math.prod(shape) > 8 * MOST_BYTES:
        raise FormatError(f"tensor '{name}': its entry in the header is not valid")
    return Place(dtype, tuple(shape), *offsets)


def _are_sizes(values: Any) -> TypeGuard[list[int]]:
    return isinstance(values, list) and all(type(n) is int and 0 <= n <= MOST_BYTES for n in values)
