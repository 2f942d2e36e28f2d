"""Ways to evaluate dense networks: tables, an optimized circuit of exclusive ors, and x86's GF(2) instruction.

All run on random seeds, which take as long as others. `one lane` is what the decoder does for streams with one lane,
with tables; `tables` what it does for rows of 512 lanes if the processor lacks the instruction GF2P8AFFINEQB; `affine`
what it does if the processor has it. `circuit` evaluates the same rows with a circuit from `synthesize`, gate by gate,
each on all lanes of a step at once.
"""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

import xoropt
from decoding.race import race
from xoropt.circuits import synthesize
from xoropt.codec.compiled.gfni.plan import gfni_plan
from xoropt.codec.streams import ring_decoder
from xoropt.codec.streams.patches import pack_stream_patches
from xoropt.codec.streams.segments import Layout
from xoropt.common.memory import aligned
from xoropt.networks import XorNetwork, from_recipe
from xoropt.networks.stages import stages_network

__all__ = ["dense_ways"]

NETWORKS = {
    "block 20 to 180": "block:n_in=20,n_out=180",
    "block 64 to 560": "block:n_in=64,n_out=560",
    "sequential, N_s=2": "sequential:n_in=8,n_out=80,n_s=2",
    "windowed, w=64": "windowed:n_in=8,n_out=96,window=64,taps=none",
}
OUTPUTS = 1 << 24
"""Weights of a run, 2 MB of packed planes."""
SEGMENT_ROWS = 2048


def dense_ways(seconds: float) -> list[dict[str, Any]]:
    """Measure the GB/s of each way for each network; each synthesis may take `seconds`."""
    figures = []
    for name, recipe in NETWORKS.items():
        network = from_recipe(recipe)
        circuit, gates = by_circuit(network, seconds)
        calls = {
            "one_lane": decoding(one_lane(network)),
            "tables": by_tables(network),
            "circuit": decoding(lanes(circuit)),
        }
        if gfni_plan(network):
            calls["affine"] = decoding(lanes(network))
        times = race([call for call, _ in calls.values()], 15)
        speeds = {way: size / 8e9 / median for (way, (_, size)), (_, median) in zip(calls.items(), times, strict=True)}
        figures.append({"network": name, "gates_per_output": gates / network.n_out, "affine": None} | speeds)
    return figures


def decoding(encoded: xoropt.BlockEncoded | xoropt.StreamEncoded) -> tuple[Any, int]:
    """Make a call that decodes the planes on one core; return it and the number of weights."""
    out = aligned(-(-encoded.outputs // 64))
    out[:] = 0
    return lambda: xoropt.decode(encoded, "compiled", output="planes", jobs=1, out=out), encoded.outputs


def by_tables(network: XorNetwork) -> tuple[Any, int]:
    """Do as `decoding` in rows of 512 lanes, without the instruction."""
    call, outputs = decoding(lanes(network))
    with patch.object(ring_decoder, "gfni_plan", return_value=None):
        call()  # the first call of an encoding chooses
    return call, outputs


def one_lane(network: XorNetwork) -> xoropt.BlockEncoded | xoropt.StreamEncoded:
    """Make an encoding with one lane and random seeds."""
    none = np.zeros(OUTPUTS, dtype=bool)
    search = {"patches": "greedy", "order": "rows"} if network.memory else {"solver": "greedy"}
    encoded = xoropt.encode(none, none, network, **search)
    rng = np.random.default_rng(0)
    seeds = [rng.integers(0, 256, len(plane), dtype=np.uint8) for plane in encoded.seeds]
    return replace(encoded, seeds=np.stack(seeds) if isinstance(encoded, xoropt.BlockEncoded) else tuple(seeds))


def lanes(network: XorNetwork) -> xoropt.StreamEncoded:
    """Make an encoding in rows of 512 lanes with random seeds."""
    segments = OUTPUTS // (SEGMENT_ROWS * 512)
    steps = -(-SEGMENT_ROWS // network.n_out)
    rows = np.full(segments, SEGMENT_ROWS, dtype=np.int64)
    bits = np.full(segments, steps * network.n_in * 512, dtype=np.int64)
    size = segments * SEGMENT_ROWS * 512
    return xoropt.StreamEncoded(
        network=network,
        order="lanes:lanes=512",
        shape=(size,),
        planes=None,
        layouts=(Layout(rows, bits),),
        seeds=(np.random.default_rng(0).integers(0, 256, int(bits.sum()) // 8, dtype=np.uint8),),
        patches=pack_stream_patches([np.zeros(0, dtype=np.int64)], size),
        care_bits=0,
        solver="",
        proved_blocks=0,
    )


def by_circuit(network: XorNetwork, seconds: float) -> tuple[XorNetwork, int]:
    """Make a network whose stages are the levels of a circuit; return it and the number of gates."""
    matrix = network.matrix()
    circuit = synthesize(matrix, "paar", time_limit=seconds)
    window, fan_in = matrix.shape[1], circuit.operands.shape[1]
    level = np.zeros(window + circuit.gates, dtype=int)
    for gate, operands in enumerate(circuit.operands.tolist()):
        level[window + gate] = 1 + max(level[signal] for signal in operands if signal >= 0)
    stages = [np.arange(window)[:, None]]
    place = {signal: signal for signal in range(window)}
    for number in range(1, level.max() + 1):
        rows = [[at] + [-1] * (fan_in - 1) for at in place.values()]  # what is there already
        signals = list(place)
        for gate in np.flatnonzero(level[window:] == number).tolist():
            rows.append([place[signal] if signal >= 0 else -1 for signal in circuit.operands[gate].tolist()])
            signals.append(window + gate)
        stages.append(np.array(rows))
        place = {signal: at for at, signal in enumerate(signals)}
    stages.append(np.array([[place[signal]] for signal in circuit.outputs.tolist()]))
    made = stages_network(tuple(stages), network.n_in, f"circuit of {network.recipe}")
    if (made.matrix() != matrix).any():
        raise SystemExit("the circuit computes another matrix")
    return made, circuit.gates
