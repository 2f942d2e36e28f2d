"""The reference decoder, by hand."""

from xoropt.codec import reference


def test_the_reference_decoder_by_hand():
    # M⊕ with rows 01, 11, 10 (first column lowest); seeds 1 = (1, 0) and 2 = (0, 1); output 2 of block 1 is patched.
    seeds = bytes([0b1001])
    assert reference.decode_plane(seeds, [0b10, 0b11, 0b01], 2, [[], [2]], 5) == [False, True, True, True, True]
    # Counts 0 and 1 of one bit each, the place 2 in two bits.
    assert reference.read_patches(bytes([0b10]), bytes([0b10]), [[1]], 0, 2, 3) == [[[], [2]]]
