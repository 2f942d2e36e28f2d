"""Dense networks by the ways there are: tables, an optimized circuit of exclusive ors, and x86's GF(2) instruction.

All on random seeds, which take as long as others. `one lane`: what the decoder does for streams with one lane, from
tables. `tables`: what it does for rows of 512 lanes. `circuit`: the same rows by a circuit that `synthesize` makes,
gate by gate, each on all lanes of a step at once. `affine`: the instruction GF2P8AFFINEQB, eight seed bits to eight
outputs of 64 lanes, on seeds that lie in bytes already and outputs that stay in bytes: a bound, without turning bits
into bytes and back, which a decoder would have to do.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

import xoropt
from decoding.race import race
from xoropt.circuits import synthesize
from xoropt.codec.compiled.vectors import ROW, constant, row_type, store_row, xor_rows
from xoropt.codec.layout import Layout
from xoropt.codec.reader import aligned
from xoropt.codec.stream_patches import pack_stream_patches
from xoropt.networks import XorNetwork, from_recipe
from xoropt.networks.stages import stages_network
from xoropt.words.vectors import address

__all__ = ["dense_ways"]

NETWORKS = {
    "block 20 to 180": "block:n_in=20,n_out=180",
    "block 64 to 560": "block:n_in=64,n_out=560",
    "sequential, N_s=2": "sequential:n_in=8,n_out=80,n_s=2",
    "windowed, w=64": "windowed:n_in=8,n_out=96,window=64,taps=none",
}
OUTPUTS = 1 << 24
"""Weights of a run, about: 2 MB."""
SEGMENT_ROWS = 2048


def dense_ways(seconds: float) -> list[dict[str, Any]]:
    """GB/s of each way for each network; `seconds`: of each synthesis."""
    figures = []
    for name, recipe in NETWORKS.items():
        network = from_recipe(recipe)
        circuit, gates = by_circuit(network, seconds)
        calls = {
            "one_lane": decoding(one_lane(network)),
            "tables": decoding(lanes(network)),
            "circuit": decoding(lanes(circuit)),
        }
        if binding.get_host_cpu_features().get("gfni") and binding.get_host_cpu_features().get("avx512f"):
            calls["affine"] = affine(network)
        times = race([call for call, _ in calls.values()], 15)
        speeds = {way: size / 8e9 / least for (way, (_, size)), (least, _) in zip(calls.items(), times, strict=True)}
        figures.append({"network": name, "gates_per_output": gates / network.n_out, "affine": None} | speeds)
    return figures


def decoding(encoded: xoropt.Encoded | xoropt.StreamEncoded) -> tuple[Any, int]:
    """A call that decodes the planes on one core, and the weights."""
    out = aligned(-(-encoded.outputs // 64))
    out[:] = 0
    return lambda: xoropt.decode(encoded, "compiled", output="planes", jobs=1, out=out), encoded.outputs


def one_lane(network: XorNetwork) -> xoropt.Encoded | xoropt.StreamEncoded:
    """An encoding with one lane and random seeds."""
    none = np.zeros(OUTPUTS, dtype=bool)
    encoded = xoropt.encode(none, none, network, solver="greedy")
    rng = np.random.default_rng(0)
    seeds = [rng.integers(0, 256, len(plane), dtype=np.uint8) for plane in encoded.seeds]
    return replace(encoded, seeds=np.stack(seeds) if isinstance(encoded, xoropt.Encoded) else tuple(seeds))


def lanes(network: XorNetwork) -> xoropt.StreamEncoded:
    """An encoding in rows of 512 lanes with random seeds."""
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
    """The network with the levels of a circuit as its stages, and the circuit's gates."""
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


@intrinsic
def affine_rows(typing_context, octets, i, matrices, k):
    """Each byte of octets[i : i + 64], uint8, times the 8×8 matrix matrices[k], uint64."""

    def codegen(context, builder, signature, args):
        bytes_of = ir.VectorType(ir.IntType(8), 64)
        x = builder.load(address(context, builder, signature.args[0], args[0], args[1], bytes_of), align=1)
        word = builder.load(address(context, builder, signature.args[2], args[2], args[3], ir.IntType(64)))
        first = builder.insert_element(constant([0] * 8), word, ir.Constant(ir.IntType(32), 0))
        places = ir.Constant(ir.VectorType(ir.IntType(32), 8), [ir.Constant(ir.IntType(32), 0)] * 8)
        matrix = builder.bitcast(builder.shuffle_vector(first, first, places), bytes_of)
        kind = ir.FunctionType(bytes_of, [bytes_of, bytes_of, ir.IntType(8)])
        name = "llvm.x86.vgf2p8affineqb.512"
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.bitcast(builder.call(function, [x, matrix, ir.Constant(ir.IntType(8), 0)]), ROW)

    return row_type(octets, types.int64, matrices, types.int64), codegen


@njit(nogil=True)
def affine_steps(octets, matrices, across, down, steps, out):
    """64 lanes, `steps` times: `across` bytes of seeds each to `down` bytes of outputs."""
    for t in range(steps):
        for j in range(down):
            row = affine_rows(octets, t * across * 64, matrices, j * across)
            for i in range(1, across):
                row = xor_rows(row, affine_rows(octets, (t * across + i) * 64, matrices, j * across + i))
            store_row(out, (t * down + j) * 8, row)


def affine(network: XorNetwork) -> tuple[Any, int]:
    """A call that evaluates the network by the instruction, and the outputs that it makes."""
    matrix = network.matrix()
    across, down = -(-network.window // 8), -(-network.n_out // 8)
    padded = np.zeros((down * 8, across * 8), dtype=np.uint8)
    padded[: network.n_out, : network.window] = matrix
    blocks = padded.reshape(down, 8, across, 8).transpose(0, 2, 1, 3)[:, :, ::-1]  # the instruction's first row is last
    matrices = np.packbits(blocks, axis=3, bitorder="little").reshape(-1).view("<u8").astype(np.uint64)
    steps = OUTPUTS // (64 * network.n_out)
    octets = np.random.default_rng(0).integers(0, 256, steps * across * 64, dtype=np.uint8)
    out = aligned(steps * down * 8)
    affine_steps(octets, matrices, across, down, steps, out)
    seed = np.unpackbits(octets.reshape(steps, across, 64)[-1, :, 7], bitorder="little")[: network.window]
    made = np.unpackbits(out.view(np.uint8).reshape(steps, down, 64)[-1, :, 7], bitorder="little")[: network.n_out]
    if (made != matrix @ seed % 2).any():
        raise SystemExit("the affine instruction computes something else")
    return lambda: affine_steps(octets, matrices, across, down, steps, out), steps * 64 * network.n_out
