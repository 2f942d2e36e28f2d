"""The measurement of a point: what it stores, what its decoder costs, how fast it encodes and decodes."""

import shlex
import time
import warnings
from dataclasses import dataclass, replace
from typing import Any

from xoropt_solvers.compiling import noticed

from xoropt.codec import RateWarning, encode
from xoropt.codec.compiled.evaluation_plan import TABLES, evaluation_plan
from xoropt.codec.streams.order import order_from_recipe
from xoropt.explore.bounds import bounds
from xoropt.explore.data import Workload
from xoropt.explore.space import BASELINE, Point
from xoropt.explore.speed import decode_speed
from xoropt.networks import XorNetwork, from_recipe

__all__ = ["Impossible", "Result", "decode_operations", "measure", "synthesized"]

VECTOR = 512
"""Bits of a machine vector: the lanes that one operation serves."""


@dataclass(frozen=True)
class Result:
    """The figures of one point on one sample.

    Attributes:
        workload: the name of the data.
        point: the point's key in the space.
        network: the recipe, for `encode` or `compress`; of the baseline that of the largest layer.
        order: the stream order, for the same.
        solver: the seed search of blocks, for the same.
        patching: how the patches of a windowed network are chosen, `patches` for the same.
        sample: the size of the sample that was asked for, in care bits; a point has one result for each.
        care_bits: the care bits of the sample, over all planes.
        efficiency: E = care bits / (seed bits + patch bits).
        low: the least E that a larger sample may show, see `xoropt.explore.bounds`.
        high: the greatest E that a larger sample may show.
        bits_per_weight: the bits of seeds, patches, masks and scales per weight, without headers.
        patches: care bits that are flipped after decoding.
        gates: two-input XOR gates per output of a step.
        depth: XOR gates on the longest path.
        fan_out: the most gates and outputs that read one signal.
        registers: flip-flops of the decoder.
        window: the most seed bits that an output depends on; all of them are in flight at once.
        n_in: seed bits per step.
        n_out: outputs per step.
        operations: machine operations for 64 weights, estimated by `decode_operations`.
        encode_speed: care bits per second on one core, including the check by decoding.
        decode_speed: weights per second on one core, with all planes.
        seconds: the time that the measurement took.
        synthesized_gates: gates per output after synthesis; None: not synthesized.
        synthesized_depth: the depth after synthesis; None: not synthesized.
    """

    workload: str
    point: str
    network: str
    order: str
    solver: str
    patching: str
    sample: int
    care_bits: int
    efficiency: float
    low: float
    high: float
    bits_per_weight: float
    patches: int
    gates: float
    depth: int
    fan_out: int
    registers: int
    window: int
    n_in: int
    n_out: int
    operations: float
    encode_speed: float
    decode_speed: float
    seconds: float
    synthesized_gates: float | None = None
    synthesized_depth: int | None = None

    @property
    def _tried(self) -> Point:
        return BASELINE if self.baseline else Point(self.network, self.order, self.solver, self.patching)

    @property
    def baseline(self) -> bool:
        """Whether this is the network "auto"."""
        return self.point == BASELINE.key

    @property
    def topology(self) -> str:
        """The name of the network's topology; "auto" for the baseline."""
        return self._tried.topology

    @property
    def search(self) -> str:
        """The seed search, or the choice of patches where that is not the usual one."""
        return self._tried.search

    @property
    def command(self) -> str:
        """The options of `xoropt compress` for this point, quoted for a shell."""
        if self.baseline:
            return "--network auto"
        options = ["--network", self.network]
        options += ["--order", self.order] if self.order != "rows" else []
        options += ["--solver", self.solver] if self.solver != "portfolio" else []
        options += ["--patches", self.patching] if self.patching != "burst" else []
        return shlex.join(options)


@dataclass(frozen=True)
class Impossible:
    """A point that cannot be measured.

    Attributes:
        workload: the name of the data.
        point: the point's key in the space.
        why: the error.
    """

    workload: str
    point: str
    why: str


def measure(point: Point, workload: Workload, sample: int) -> Result:
    """Encode and decode a sample through a point's network, on one core, and count what its decoder costs.

    What compiles or loads a kernel on its way is done again, so that no figure includes that.

    Args:
        point: the point.
        workload: the sample itself.
        sample: the size that the sample was asked for, in care bits.

    Raises:
        ArgumentError: the combination is not possible; the message says why.
    """
    with noticed() as found:
        result = _measured(point, workload, sample)
    return _measured(point, workload, sample) if found.looked_up else result


def _measured(point: Point, workload: Workload, sample: int) -> Result:
    from xoropt.hardware import cost  # loads numba

    begin, clock = time.thread_time(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RateWarning)
        how, asked = _search(point), point.network if point == BASELINE else from_recipe(point.network)
        encodings = [encode(each.bits, each.care, asked, **how, planes=True, jobs=1) for each in workload.layers]
    encode_seconds = time.thread_time() - begin
    sizes = [encoded.size for encoded in encodings]
    care_bits, stored = workload.care_bits, max(1, sum(size.total_bits for size in sizes))
    low, high = bounds(encodings, stored, care_bits)
    network, order = encodings[0].network, point.order
    if point == BASELINE:
        largest = max(encodings, key=lambda encoded: encoded.outputs)
        network, order = largest.network, largest.stream_order.recipe
    hardware = cost(network)
    return Result(
        workload=workload.name,
        point=point.key,
        network=network.recipe,
        order=order,
        solver=point.solver,
        patching=point.patching,
        sample=sample,
        care_bits=care_bits,
        efficiency=care_bits / stored,
        low=low,
        high=high,
        bits_per_weight=(stored + workload.other_bits) / workload.weights,
        patches=sum(size.patches for size in sizes),
        gates=hardware.gates_per_output,
        depth=hardware.depth,
        fan_out=hardware.fan_out,
        registers=hardware.register_bits,
        window=network.window,
        n_in=network.n_in,
        n_out=network.n_out,
        operations=decode_operations(network, order),
        encode_speed=care_bits / max(encode_seconds, 1e-9),
        decode_speed=decode_speed(encodings),
        seconds=time.perf_counter() - clock,
    )


def _search(point: Point) -> dict[str, Any]:
    """Return a point's arguments for `encode`."""
    if point == BASELINE:
        return {}
    return {"solver": point.solver, "patches": point.patching, "order": point.order}


def decode_operations(network: XorNetwork, order: str) -> float:
    """Estimate the machine operations for 64 weights of one plane, the same on every machine.

    Rows of lanes take loads and XORs of words of up to 512 bits, and their share of nodes and tables. A single lane
    takes table look-ups of the seed's bits.
    """
    from xoropt.codec.compiled.sequential_decoder import choose_steps

    stream = order_from_recipe(order)
    if not network.memory or not stream.closed:
        count, window, group = choose_steps(network)
        n_in, n_out = count * network.n_in, count * network.n_out
        return 64 * (-(-window // group) * (2 + n_out / VECTOR) + n_in / 8) / n_out
    plan = evaluation_plan(network)
    outputs = plan.hop[1] * network.n_out
    row = 1 + len(plan.reads) / outputs + (len(plan.taps) / network.n_out if len(plan.nodes) else 0)
    if plan.kind == TABLES:
        row += (1 << plan.group) / plan.group * network.n_in / network.n_out
    return 64 * row / min(VECTOR, stream.lanes)


def synthesized(result: Result, time_limit: float) -> Result:
    """Return a result with the gates and depth of the circuit that synthesis finds within `time_limit` seconds."""
    from xoropt.hardware import cost

    circuit = cost(from_recipe(result.network), "auto", time_limit)
    return replace(result, synthesized_gates=circuit.gates_per_output, synthesized_depth=circuit.depth)
