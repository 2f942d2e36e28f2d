"""Sizes and times of xoropt and of its rivals on one tensor, and of decoding a long one."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from decoding.race import race

import xoropt
from coding.forms import Case, limits
from coding.rivals import RIVALS, Stored, is_installed
from xoropt import CompressConfig
from xoropt.codec import Encoding
from xoropt.codec.stacked import StackedPlanes
from xoropt.common.memory import aligned
from xoropt.quantize.levels import CodedField
from xoropt.quantize.quantized_tensor import Listed

__all__ = ["OURS", "Effort", "Long", "Row", "measure", "measure_long", "store"]

OURS = "xoropt"
SLOW = 0.3
"""Seconds of encoding from which a rival is measured once."""
TICK = 1e-9
"""The least seconds that the clock tells apart."""


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        weights: of a tensor.
        pieces: how often a tensor is decoded in a turn, each time to another place.
        turns: of decoding.
        encodings: how often a tensor is encoded.
        long: weights of the long tensors.
        long_turns: of decoding those.
    """

    weights: int
    pieces: int
    turns: int
    encodings: int
    long: int
    long_turns: int


@dataclass(frozen=True)
class Row:
    """One tensor in every way.

    Attributes:
        source: where its weights come from.
        real: whether they were trained.
        form: what they were made to.
        weights: how many.
        plain: bits a weight where nothing is coded.
        bound: bits of information a weight, and `bound_is`: of what.
        kind: what xoropt took the tensor for.
        care_bits: bits a weight that go through a network, and how well it does: `efficiency`.
        own_bound: bits of information a weight with the split that xoropt chose.
        mask: bits of the mask a weight, and `headers`: of all headers.
        bits: bits a weight, by method, headers included.
        encoding: million weights a second and core, by method.
        decoding: million weights a second and core, by method, and of copying the output.
    """

    source: str
    real: bool
    form: str
    weights: int
    plain: float
    bound: float
    bound_is: str
    kind: str
    care_bits: float
    efficiency: float
    own_bound: float
    mask: float
    headers: float
    bits: dict[str, float] = field(default_factory=dict)
    encoding: dict[str, float] = field(default_factory=dict)
    decoding: dict[str, float] = field(default_factory=dict)

    @property
    def over(self) -> float:
        """What xoropt takes over the bound, as a share of it."""
        return self.bits[OURS] / self.bound - 1

    def of_copying(self, method: str) -> float | None:
        """The speed of decoding as a share of that of copying; None where it was not measured."""
        return self.decoding[method] / self.decoding["copy"] if method in self.decoding else None


@dataclass(frozen=True)
class Long:
    """A long tensor: its bytes, and seconds of decoding all of it, by method, of copying it, and of 1 % of its rows."""

    source: str
    form: str
    weights: int
    octets: int
    seconds: dict[str, float]

    def of_copying(self, method: str) -> float:
        """The speed of decoding as a share of that of copying."""
        return self.seconds["copy"] / self.seconds[method]


def store(case: Case) -> tuple[xoropt.CompressedTensor | xoropt.UncompressedTensor, xoropt.CompressedModel]:
    """Compress a case on one core, as `xoropt.compress` does it without options, and check it."""
    model = xoropt.compress({"w": case.array}, CompressConfig(include=("w",)))
    if not all(check.lossless for check in xoropt.verify(model, {"w": case.array})):
        raise SystemExit(f"{case.source} as {case.form}: not lossless")
    return model.tensors["w"], model


def measure(case: Case, effort: Effort) -> Row:
    """Store a tensor in every way, check every round trip, and measure the times."""
    size = case.array.size
    tensor, model = store(case)
    figures = xoropt.report(model)
    bits, encoding, weights = {}, {}, {}
    ours = lambda: xoropt.compress({"w": case.array}, CompressConfig(include=("w",)))  # noqa: E731
    encoding[OURS] = size / 1e6 / _least(ours, effort.encodings)
    carried = isinstance(tensor, xoropt.UncompressedTensor)
    bits[OURS] = case.plain if carried else figures.tensors["w"].bits_per_weight
    parts, out = _pieces(case, effort.pieces)
    into = [part.view(case.array.dtype).reshape(case.array.shape) for part in parts]
    copied = np.ones_like(out)
    calls: dict[str, Callable[[], object]] = {
        "copy": lambda: np.copyto(copied, out),
        OURS: lambda: [xoropt.decompress_tensor(tensor, "compiled", jobs=1, out=part) for part in into],
    }
    for name, stored in _stored_by_rivals(case).items():
        if not stored.is_exact(parts[0]):
            raise SystemExit(f"{name}: {case.source} as {case.form} came back as something else")
        bits[name] = stored.bits / size
        if stored.encode is not None:
            encoding[name] = size / 1e6 / _least(stored.encode, effort.encodings, SLOW)
        if stored.decode is not None:
            some = parts[:1] if stored.is_slow else parts
            calls[name] = lambda decode=stored.decode, some=some: [decode(part) for part in some]
            weights[name] = size * len(some)
    seconds = race(list(calls.values()), effort.turns, time.process_time)
    decoding = {
        name: weights.get(name, size * effort.pieces) / 1e6 / max(least, TICK)
        for name, (least, _) in zip(calls, seconds, strict=True)
    }
    xoropt.decompress_tensor(tensor, "compiled", jobs=1, out=into[-1])
    if not np.array_equal(into[-1].reshape(-1).view(case.patterns.dtype), case.patterns):
        raise SystemExit(f"{case.source} as {case.form}: decoded something else")
    ours_in = None if carried else figures.tensors["w"]
    return Row(
        source=case.source,
        real=case.real,
        form=case.form,
        weights=size,
        plain=case.plain,
        bound=case.bound,
        bound_is=limits(case),
        kind="as it is" if ours_in is None else ours_in.kind,
        care_bits=0.0 if ours_in is None else ours_in.care_bits / size,
        efficiency=1.0 if ours_in is None else ours_in.efficiency,
        own_bound=case.plain if ours_in is None else ours_in.bound,
        mask=0.0 if ours_in is None else ours_in.mask_bits / size,
        headers=0.0 if ours_in is None else ours_in.header_bits / size,
        bits=bits,
        encoding=encoding,
        decoding=decoding,
    )


def measure_long(case: Case, effort: Effort) -> Long | None:
    """Decode a tensor of `effort.long` weights, the case again and again; None where it can't be repeated.

    The rivals decode the case as often, each time to another place.
    """
    times = -(-effort.long // case.array.size)
    tensor = tiled(store(case)[0], times)
    if tensor is None:
        return None
    parts, out = _pieces(case, times)
    whole, copied = out.view(case.array.dtype).reshape(tensor.shape), np.ones_like(out)
    rows = max(1, tensor.shape[0] // 100)
    some = slice(tensor.shape[0] // 3, tensor.shape[0] // 3 + rows)
    few = copied.view(case.array.dtype).reshape(tensor.shape)[:rows]
    calls: dict[str, Callable[[], object]] = {
        "copy": lambda: np.copyto(copied, out),
        OURS: lambda: xoropt.decompress_tensor(tensor, "compiled", jobs=1, out=whole),
        "1 % of the rows": lambda: xoropt.decompress_tensor(tensor, "compiled", jobs=1, rows=some, out=few),
    }
    for name, stored in _stored_by_rivals(case).items():
        if stored.decode is not None and not stored.is_slow:
            calls[name] = lambda decode=stored.decode: [decode(part) for part in parts]
    seconds = race(list(calls.values()), effort.long_turns, time.process_time)
    xoropt.decompress_tensor(tensor, "compiled", jobs=1, out=whole)
    if not all(np.array_equal(part.view(case.patterns.dtype), case.patterns) for part in parts):
        raise SystemExit(f"{case.source} as {case.form}: the long tensor came back as something else")
    found = {name: least for name, (least, _) in zip(calls, seconds, strict=True)}
    found["1 % of the rows"] *= tensor.shape[0] / (100 * rows)  # where there are few rows
    return Long(case.source, case.form, case.array.size * times, case.array.nbytes * times, found)


def tiled(tensor: xoropt.CompressedTensor | xoropt.UncompressedTensor, times: int) -> xoropt.CompressedTensor | None:
    """Repeat a tensor without a mask along its first axis; None where that can't be done."""
    if isinstance(tensor, xoropt.UncompressedTensor) or tensor.mask_parts:
        return None
    shape = (tensor.shape[0] * times, *tensor.shape[1:])
    try:
        encoded = _shaped(tensor.encoded.tiled(times), shape)
    except xoropt.XoroptError:
        return None
    if encoded.outputs != tensor.encoded.outputs * times:
        return None
    starts = np.arange(times)[:, None] * tensor.encoded.outputs
    listed = Listed((tensor.listed.at + starts).reshape(-1), np.tile(tensor.listed.symbols, times))
    levels = tensor.levels
    if isinstance(levels, CodedField) and levels.classes is not None:
        levels = replace(levels, classes=np.tile(levels.classes, times))
    elif isinstance(levels, CodedField) and levels.has_own_rows:
        levels = replace(levels, values=np.tile(levels.values, (times, 1)))
    return replace(tensor, shape=shape, levels=levels, encoded=encoded, listed=listed)


def _shaped(encoded: Encoding, shape: tuple[int, ...]) -> Encoding:
    """Give planes a shape."""
    if isinstance(encoded, StackedPlanes):
        return StackedPlanes(tuple(_shaped(member, shape) for member in encoded.members))
    return replace(encoded, shape=shape)


def _pieces(case: Case, times: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Make room for a case as often as it is decoded: bytes of each piece, and of all."""
    octets = case.array.nbytes
    out = aligned(octets * times, np.uint8)
    out[...] = 0
    return [out[i * octets : (i + 1) * octets] for i in range(times)], out


def _stored_by_rivals(case: Case) -> dict[str, Stored]:
    """Store a tensor in every other way that is installed."""
    return {rival.name: rival.store(case) for rival in RIVALS if is_installed(rival)}


def _least(call: Callable[[], object], times: int, enough: float = math.inf) -> float:
    """Return the least seconds of several calls; no more of them after one that took `enough`."""
    least = math.inf
    for _ in range(times):
        begin = time.process_time()
        call()
        seconds = time.process_time() - begin
        least = min(least, seconds)
        if seconds > enough:
            break
    return max(least, TICK)
