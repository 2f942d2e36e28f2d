"""What a decoder is fed to make a stored tensor: its seed words, its patches, and the outputs to expect.

A decoder has one lane. The lanes of a segment are one stream: with m seed rows, bit l·m + r of it is the seed bit
of row r in lane l, and its position l·T + p is lane l of stream row p. The stream is a ring, so that its first lag
words are fed again at its end. Each segment of each plane is a *run*, whose first word fills the shift registers anew;
if n_in does not divide m, steps begin anew with every lane and each lane is a run.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from xoropt.codec import BlockEncoded, Encoding, StreamEncoded
from xoropt.codec.bits import unpack_fixed
from xoropt.codec.decoder import decode, flips_of
from xoropt.codec.packed.encoding import PackedValues
from xoropt.codec.streams.numpy_decoder import read_seed_rows
from xoropt.codec.streams.order import to_stream
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.codec.streams.segments import Layout, assign_steps, count_seed_rows, open_seed_bits
from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.register_stages import pipeline
from xoropt.networks import XorNetwork

__all__ = ["Feed", "feed", "random_feed"]


@dataclass(frozen=True, eq=False)
class Feed:
    """Everything that goes into a decoder, in order, and what comes out.

    Attributes:
        network: the decoder's.
        seeds: bool (words, n_in), bit 0 the first of the stream.
        first: bool (words,), the words that begin a run.
        rates: int64 (words, 3), of each word's run: outputs that a step makes at least, and s, m: of m steps s make one
            more, evenly spread.
        counts: int64 (steps,), outputs of each step.
        patches: int64 (patches, 2), step and place of each patch, ascending; what ends them is not among them.
        expected: bool (steps, n_out), what the software decoder makes.
        known: bool (steps, n_out), the outputs that are weights; others are padding.
    """

    network: XorNetwork
    seeds: np.ndarray = field(repr=False)
    first: np.ndarray = field(repr=False)
    rates: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    patches: np.ndarray = field(repr=False)
    expected: np.ndarray = field(repr=False)
    known: np.ndarray = field(repr=False)

    def config(self, fifo: int = 4, flips: int = 1) -> DecoderConfig:
        """A decoder's configuration whose counters are as wide as this needs."""
        fixed = (self.rates == [self.network.n_out, 0, 1]).all()
        rate_bits = 0 if fixed else max(1, int(self.rates[:, 1:].max()).bit_length())
        return DecoderConfig(fifo, flips, max(2, (len(self.counts) + 1).bit_length()), rate_bits)

    def patch_words(self, config: DecoderConfig) -> np.ndarray:
        """The patches as the decoder takes them, uint64 (patches + 1,); the last one ends them."""
        places = config.place_bits(self.network.n_out)
        words = self.patches[:, 0] << places | self.patches[:, 1]
        end = ((1 << config.step_bits) - 1) << places
        return np.concatenate([words, [end]]).astype(np.uint64)


def feed(encoded: Encoding) -> Feed:
    """The words that make a decoder produce the planes of an encoding, one plane after the other.

    Segments without care bits have no seeds and are left out.

    Raises:
        ArgumentError: the values are stored without a network, or there are none.
        DecodeError: the stored parts do not fit together.
    """
    if isinstance(encoded, PackedValues):
        raise ArgumentError("These values are stored as they are, without a network; there is no decoder for them.")
    return _feed(encoded, encoded.network)


def _feed(encoded: Encoding, network: XorNetwork) -> Feed:
    """The feed of an encoding for the decoder of `network`, which may have other stages than the encoding's."""
    planes = np.asarray(decode(encoded)).reshape(len(encoded.seeds), encoded.outputs)
    flipped = np.zeros_like(planes)
    for plane, at in zip(flipped, flips_of(encoded, 0, encoded.outputs), strict=True):
        plane[at] = True
    found: list[Run] = []
    for p, (bits, flip) in enumerate(zip(planes, flipped, strict=True)):
        if isinstance(encoded, BlockEncoded):
            found += _block_runs(encoded, p, bits, flip)
        else:
            found += _stream_runs(encoded, p, bits, flip)
    if not found:
        raise ArgumentError("There are no values to decode.")
    lag = pipeline(network).lag
    parts = [_unroll(network, lag, *run) for run in found]
    seeds, first, rates, counts, expected, known, flips = (np.concatenate(part) for part in zip(*parts, strict=True))
    patches = np.stack(np.nonzero(flips), axis=1).astype(np.int64)
    return Feed(network, seeds, first, rates, counts, patches, expected, known)


def random_feed(network: XorNetwork, steps: int = 1000, patches: int = 50, seed: int = 0) -> Feed:
    """Random seed bits and patches for a decoder whose network has no stored tensor yet.

    Args:
        network: any.
        steps: how many it is to make.
        patches: flips, at most one an output.
        seed: of the random numbers.

    Raises:
        ArgumentError: an argument is out of range.
    """
    check_int("steps", steps, 1)
    outputs = steps * network.n_out
    check_int("patches", patches, 0, outputs)
    rng = np.random.default_rng(seed)
    seed_bits = open_seed_bits(outputs, network)
    seeds = rng.integers(0, 256, -(-seed_bits // 8), dtype=np.uint8)
    at = np.sort(rng.choice(outputs, patches, replace=False)).astype(np.int64)
    layout = Layout(np.array([outputs]), np.array([seed_bits]))
    # What to expect is made from the network's rows, not from the stages that the hardware evaluates.
    plain = replace(network, stages=None)
    encoded = StreamEncoded(
        network=plain,
        order="rows",
        shape=(outputs,),
        planes=None,
        care_bits=0,
        solver="",
        proved_blocks=0,
        layouts=(layout,),
        seeds=(seeds,),
        patches=pack_stream_patches([at], outputs),
    )
    return _feed(encoded, network)


Run = tuple[np.ndarray, int, tuple[int, int, int], np.ndarray, np.ndarray, np.ndarray]
"""A ring of seed bits, the first of the run's, its rate, the step of every output and its place, and outputs (3, n):
bits, whether they are known, flips."""


def _block_runs(encoded: BlockEncoded, p: int, bits: np.ndarray, flips: np.ndarray) -> list[Run]:
    n_in, n_out = encoded.network.n_in, encoded.network.n_out
    if not encoded.blocks:
        return []
    seeds = unpack_fixed(encoded.seeds[p], n_in, 0, encoded.blocks)
    stored = ((seeds[:, None] >> np.arange(n_in, dtype=np.uint64)) & np.uint64(1) != 0).reshape(-1)
    at = np.arange(encoded.blocks * n_out)
    return [(stored, 0, (n_out, 0, 1), at // n_out, at % n_out, _padded(len(at), bits, flips))]


def _stream_runs(encoded: Encoding, p: int, bits: np.ndarray, flips: np.ndarray) -> list[Run]:
    order, network, layout = encoded.stream_order, encoded.network, encoded.layout(p)
    runs: list[Run] = []
    begin = bit = 0
    for rows, seed_bits in zip(layout.rows.tolist(), layout.seed_bits.tolist(), strict=True):
        size = rows * order.lanes
        if seed_bits:
            m = count_seed_rows(order, seed_bits)
            ring = read_seed_rows(encoded.seeds[p], bit, seed_bits, order).T.reshape(-1).astype(bool)
            outputs = _padded(size, bits[begin : begin + size], flips[begin : begin + size])
            stream = np.array([to_stream(order, row).T for row in outputs])  # (3, lanes, rows)
            step, place = assign_steps(order, rows, m, network)
            steps = int(step[-1]) + 1
            rate = (network.n_out, 0, 1)
            if order.closed:
                rate = (network.n_in * rows // m, network.n_in * rows % m, m)
            if order.closed and m % network.n_in == 0:
                lanes = np.arange(order.lanes)[:, None]
                at = (step + lanes * steps).reshape(-1)
                runs.append((ring, 0, rate, at, np.tile(place, order.lanes), stream.reshape(3, -1)))
            else:
                runs += [(ring, lane * m, rate, step, place, stream[:, lane]) for lane in range(order.lanes)]
        begin, bit = begin + size, bit + seed_bits
    return runs


def _padded(size: int, bits: np.ndarray, flips: np.ndarray) -> np.ndarray:
    """Bits, whether they are known, and flips of `size` outputs, of which those beyond `bits` are padding."""
    outputs = np.zeros((3, size), dtype=bool)
    outputs[0, : len(bits)] = bits
    outputs[1, : len(bits)] = True
    outputs[2, : len(bits)] = flips
    return outputs


def _unroll(
    network: XorNetwork,
    lag: int,
    ring: np.ndarray,
    origin: int,
    rate: tuple[int, int, int],
    step: np.ndarray,
    place: np.ndarray,
    outputs: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """The words of a run, and its outputs step by step."""
    steps = int(step[-1]) + 1
    words = steps + lag
    at = (origin + np.arange(words * network.n_in)) % len(ring)
    base, more, modulus = rate
    t = np.arange(steps + 1, dtype=np.int64)
    made = np.zeros((3, steps, network.n_out), dtype=bool)
    made[:, step, place] = outputs
    first = np.zeros(words, dtype=bool)
    first[0] = True
    counts = base + np.diff(t * more // modulus)
    return ring[at].reshape(words, network.n_in), first, np.tile(rate, (words, 1)), counts, *made
