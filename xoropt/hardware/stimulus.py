"""The stimulus of a decoder: seed words and patches that make it produce a stored tensor, and the outputs to expect.

A decoder has one lane. The lanes of a segment form one stream: with m seed rows, bit l·m + r of the stream is the seed
bit of row r in lane l, and position l·T + p of its outputs is lane l of stream row p. The stream is a ring, so that its
first lag words are repeated at its end. Each segment of each plane is a *run*, whose first word fills the shift
registers anew. If n_in does not divide m, steps begin anew with every lane, and each lane is a run.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from xoropt.codec import Encoding, StreamEncoded
from xoropt.codec.decoder import decode, flips_of
from xoropt.codec.streams.numpy_decoder import read_seed_rows
from xoropt.codec.streams.order import to_stream
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.codec.streams.segments import Layout, assign_steps, count_seed_rows, open_seed_bits
from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.register_stages import register_stages_of
from xoropt.networks import XorNetwork

__all__ = ["Stimulus", "random_stimulus", "stimulus_of"]

MOST_STEPS = 1 << 24
"""The most random steps: their outputs are held in memory."""


@dataclass(frozen=True, eq=False)
class Stimulus:
    """Everything that goes into a decoder, in order, and the outputs to expect.

    Attributes:
        network: the decoder's network.
        seeds: bool (words, n_in), the seed words; bit 0 is the first of the stream.
        first: bool (words,), the words that begin a run.
        rates: int64 (words, 3), the rate of each word's run: the least number of outputs of a step, and s and m, so
            that s of m steps make one output more, evenly spread.
        counts: int64 (steps,), the number of outputs of each step.
        patches: int64 (patches, 2), the step and the place of each patch, ascending, without the end mark.
        expected: bool (steps, n_out), what the software decoder makes.
        at: int64 (steps, n_out), which bit of the tensor each output is: plane · weights + weight; -1 for padding.
    """

    network: XorNetwork
    seeds: np.ndarray = field(repr=False)
    first: np.ndarray = field(repr=False)
    rates: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    patches: np.ndarray = field(repr=False)
    expected: np.ndarray = field(repr=False)
    at: np.ndarray = field(repr=False)

    @property
    def known(self) -> np.ndarray:
        """The outputs that are bits of the tensor, not padding: bool (steps, n_out)."""
        return self.at >= 0

    def config(self, fifo: int = 4, flips: int = 1) -> DecoderConfig:
        """Return the configuration of a decoder whose counters are as wide as this stimulus needs.

        Args:
            fifo, flips: as in `DecoderConfig`.
        """
        fixed = (self.rates == [self.network.n_out, 0, 1]).all()
        rate_bits = 0 if fixed else max(1, int(self.rates[:, 1:].max()).bit_length())
        return DecoderConfig(fifo, flips, max(2, (len(self.counts) + 1).bit_length()), rate_bits)

    def patch_words(self, config: DecoderConfig) -> np.ndarray:
        """Return the patches as the decoder takes them, with the end mark: uint64 (patches + 1,)."""
        places = config.place_bits(self.network.n_out)
        words = self.patches[:, 0] << places | self.patches[:, 1]
        end = ((1 << config.step_bits) - 1) << places
        return np.concatenate([words, [end]]).astype(np.uint64)


@checked
def stimulus_of(encoded: Encoding) -> Stimulus:
    """Return the stimulus that makes a decoder produce the planes of an encoding, one plane after the other.

    Segments without care bits have no seeds and are left out. Of planes that several networks make, those of the one
    with the most care bits are taken.

    Args:
        encoded: an encoding with a network.

    Raises:
        ArgumentError: the values are stored without a network, or there are no values.
        DecodeError: the stored parts do not fit together.
    """
    if not encoded.has_network:
        raise ArgumentError("These values are stored as they are, without a network; there is no decoder for them.")
    return _stimulus(encoded.main, encoded.network)


@checked
def random_stimulus(network: XorNetwork, steps: int = 1000, patches: int = 50, seed: int = 0) -> Stimulus:
    """Return random seed bits and patches for the decoder of a network.

    Args:
        network: any network.
        steps: the number of steps to make.
        patches: the number of flips, at most one for each output.
        seed: the seed of the random numbers.

    Raises:
        ArgumentError: an argument is out of range.
    """
    check_int("steps", steps, 1, MOST_STEPS)
    check_int("seed", seed, 0)
    outputs = steps * network.n_out
    check_int("patches", patches, 0, outputs)
    rng = np.random.default_rng(seed)
    seed_bits = open_seed_bits(outputs, network)
    seeds = rng.integers(0, 256, -(-seed_bits // 8), dtype=np.uint8)
    at = np.sort(rng.choice(outputs, patches, replace=False)).astype(np.int64)
    layout = Layout(np.array([outputs]), np.array([seed_bits]))
    # The expected outputs come from the network's rows, not from the stages that the hardware evaluates.
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
    return _stimulus(encoded, network)


class Run(NamedTuple):
    """Seed words that fill the shift registers once, and the outputs that they make."""

    ring: np.ndarray  # bool, the ring of seed bits
    origin: int  # the run's first bit in it
    rate: tuple[int, int, int]  # a row of Stimulus.rates
    step: np.ndarray  # the step of each output, ascending
    place: np.ndarray  # the place of each output in its step
    outputs: np.ndarray  # int64 (3, outputs): the bits, which bits of the tensor they are, and the flips


def _stimulus(encoded: Encoding, network: XorNetwork) -> Stimulus:
    """Return the stimulus of an encoding for the decoder of `network`, which must have the same rows as its own."""
    planes = np.asarray(decode(encoded)).reshape(len(encoded.seeds), encoded.outputs)
    flipped = np.zeros_like(planes)
    for plane, at in zip(flipped, flips_of(encoded, 0, encoded.outputs), strict=True):
        plane[at] = True
    runs: list[Run] = []
    for p, (bits, flip) in enumerate(zip(planes, flipped, strict=True)):
        runs += _runs(encoded, p, bits, flip)
    if not runs:
        raise ArgumentError("There are no values to decode.")
    lag = register_stages_of(network).lag
    parts = [_unroll(network, lag, run) for run in runs]
    seeds, first, rates, counts, expected, at, flips = (np.concatenate(part) for part in zip(*parts, strict=True))
    patches = np.stack(np.nonzero(flips), axis=1).astype(np.int64)
    return Stimulus(network, seeds, first, rates, counts, patches, expected.astype(bool), at)


def _runs(encoded: Encoding, p: int, bits: np.ndarray, flips: np.ndarray) -> list[Run]:
    """Return the runs of a plane of streams: one for each segment, or for each of its lanes."""
    order, network, layout = encoded.stream_order, encoded.network, encoded.layout(p)
    runs: list[Run] = []
    begin = bit = 0
    for rows, seed_bits in zip(layout.rows.tolist(), layout.seed_bits.tolist(), strict=True):
        size = rows * order.lanes
        if seed_bits:
            m = count_seed_rows(order, seed_bits)
            ring = read_seed_rows(encoded.seeds[p], bit, seed_bits, order).T.reshape(-1).astype(bool)
            whole = p * len(bits) + begin
            outputs = _padded(size, bits[begin : begin + size], flips[begin : begin + size], whole)
            stream = np.array([to_stream(order, row).T for row in outputs])  # (3, lanes, rows)
            step, place = assign_steps(order, rows, m, network)
            steps = int(step[-1]) + 1
            rate = (network.n_out, 0, 1)
            if order.closed:
                rate = (network.n_in * rows // m, network.n_in * rows % m, m)
            if order.closed and m % network.n_in == 0:
                lanes = np.arange(order.lanes)[:, None]
                at = (step + lanes * steps).reshape(-1)
                runs.append(Run(ring, 0, rate, at, np.tile(place, order.lanes), stream.reshape(3, -1)))
            else:
                runs += [Run(ring, lane * m, rate, step, place, stream[:, lane]) for lane in range(order.lanes)]
        begin, bit = begin + size, bit + seed_bits
    return runs


def _padded(size: int, bits: np.ndarray, flips: np.ndarray, begin: int) -> np.ndarray:
    """Return bits, which bits of the tensor they are, from `begin` on, and flips; those after `bits` are padding."""
    outputs = np.zeros((3, size), dtype=np.int64)
    outputs[0, : len(bits)] = bits
    outputs[1] = -1
    outputs[1, : len(bits)] = np.arange(begin, begin + len(bits))
    outputs[2, : len(bits)] = flips
    return outputs


def _unroll(network: XorNetwork, lag: int, run: Run) -> tuple[np.ndarray, ...]:
    """Return the words of a run, and its outputs step by step."""
    steps = int(run.step[-1]) + 1
    words = steps + lag
    at = (run.origin + np.arange(words * network.n_in)) % len(run.ring)
    base, more, modulus = run.rate
    t = np.arange(steps + 1, dtype=np.int64)
    made = np.zeros((3, steps, network.n_out), dtype=np.int64)
    made[1] = -1
    made[:, run.step, run.place] = run.outputs
    first = np.zeros(words, dtype=bool)
    first[0] = True
    counts = base + np.diff(t * more // modulus)
    return run.ring[at].reshape(words, network.n_in), first, np.tile(run.rate, (words, 1)), counts, *made
