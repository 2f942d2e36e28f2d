"""The blocks of compressed tensors as parity problems."""

import numpy as np
from xoropt_solvers import ParityProblem
from xoropt_solvers.comparing import NamedProblem

from xoropt.codec import decode
from xoropt.common.errors import ArgumentError
from xoropt.model.compiled_weights import mask_of
from xoropt.model.tensors import CompressedModel, CompressedTensor
from xoropt.quantize.levels import CodedField

__all__ = ["block_problems"]


def block_problems(model: CompressedModel, tensor: str | None, worst: int, where: str) -> list[NamedProblem]:
    """Take the blocks of compressed tensors whose seeds were hardest to find: those with the most patches.

    Args:
        model: the compressed tensors.
        tensor: the name of one; None for all that are stored in blocks.
        worst: the most problems to take.
        where: the model's name, for messages.

    Raises:
        ArgumentError: there is no such tensor, or none is stored in blocks.
    """
    if tensor is not None and tensor not in model.tensors:
        raise ArgumentError(f"{where}: has no tensor '{tensor}'; it has {', '.join(list(model.tensors)[:8])}.")
    found: list[tuple[int, str, int, int, CompressedTensor]] = []
    for name, held in model.tensors.items():
        if tensor in (None, name) and isinstance(held, CompressedTensor) and _in_blocks(held):
            found += [(-count, name, plane, block, held) for plane, block, count in _patches(held)]
    if not found:
        what = f"tensor '{tensor}'" if tensor is not None else "no tensor"
        is_ = "is not" if tensor is not None else "is"
        raise ArgumentError(f"{where}: {what} {is_} stored in blocks; compress with a network such as block:n_in=40.")
    found.sort(key=lambda entry: entry[:4])
    decoded: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    problems = []
    for _, name, plane, block, held in found[:worst]:
        if name not in decoded:
            mask = mask_of(held)
            planes = decode(held.encoded, mask=mask).reshape(len(held.encoded.seeds), -1)
            decoded[name] = held.encoded.network.matrix(), mask.reshape(-1), planes
        problem = _problem(*decoded[name], plane, block)
        problems.append(NamedProblem(f"{name} plane {plane} block {block}", problem, name))
    return problems


def _in_blocks(tensor: CompressedTensor) -> bool:
    encoded = tensor.encoded
    return len(encoded.seeds) > 0 and encoded.network.memory == 0 and encoded.order == "rows"


def _patches(tensor: CompressedTensor) -> list[tuple[int, int, int]]:
    """Count the patches of each block: plane, block and count."""
    encoded = tensor.encoded
    n_out = encoded.network.n_out
    shared = tensor.levels.shared_planes if isinstance(tensor.levels, CodedField) else len(encoded.seeds)
    counts = []  # other planes have masks of their own
    for plane, flips in enumerate(encoded.flips(0, encoded.outputs)[:shared]):
        each = np.bincount(np.asarray(flips, dtype=np.int64) // n_out, minlength=-(-encoded.outputs // n_out))
        counts += [(plane, block, int(count)) for block, count in enumerate(each)]
    return counts


def _problem(matrix: np.ndarray, care: np.ndarray, planes: np.ndarray, plane: int, block: int) -> ParityProblem:
    """State a block's problem: the network's rows at its care bits, and the values that these have."""
    outputs = slice(block * len(matrix), (block + 1) * len(matrix))
    care = care[outputs]
    return ParityProblem(matrix[: len(care)][care], planes[plane, outputs][care])
