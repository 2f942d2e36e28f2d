"""Look-up tables give the symbol of every codeword."""

import numpy as np
import pytest

from xoropt.masks.huffman import code_lengths, codewords
from xoropt.masks.prefix.lookup import lookup_table


@pytest.mark.parametrize("size", [8, 9, 13, 16])
@pytest.mark.parametrize("density", [16, 655, 6554, 13107, 32768, 65000])
def test_look_up_finds_every_symbol(size, density):
    length = size + 8
    lengths = code_lengths(density, size, length)
    entries, symbols = lookup_table(lengths, length)
    first = codewords(lengths) << (length - lengths)
    last = first + (1 << length - lengths) - 1
    for value in (first, last):
        m = (1 << length) - 1 - value
        zeros = (32 - np.ceil(np.log2(m + 1)).astype(int)) % 32
        entry = entries[zeros]
        assert (symbols[(entry >> 6) + (m >> (entry & 63))] == np.arange(1 << size)).all()
