"""The figures of a compressed model: where its bits go, tensor by tensor and in all."""

import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xoropt.common.arguments import check_kind, path_of
from xoropt.common.files import check_readable
from xoropt.masks.views import binary_entropy
from xoropt.model.compiled_weights import mask_of
from xoropt.model.file.container import header_bits, open_file
from xoropt.model.file.ties import ties_in
from xoropt.model.losses import figures_of
from xoropt.model.tensors import CompressedModel, CompressedTensor, Loss, UncompressedTensor, tensor_bits
from xoropt.quantize.levels import Codebook, CodedField, Levels, Scales

__all__ = ["CarriedReport", "ModelReport", "TensorReport", "TotalReport", "report", "report_file", "sum_up"]

SUMS = (
    "weights",
    "care_bits",
    "seed_bits",
    "patch_bits",
    "mask_bits",
    "scale_bits",
    "raw_bits",
    "header_bits",
    "patches",
    "blocks",
    "proved_blocks",
)
"""The figures of tensors that `TotalReport` adds up."""


OPTIONAL = ("file_bytes", "relative_error", "magnitude_share")
"""The figures that JSON leaves out where they are not known."""


def _without_unknown(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figure for name, figure in figures.items() if figure is not None or name not in OPTIONAL}


@dataclass(frozen=True)
class TensorReport:
    """The figures of one compressed tensor.

    Attributes:
        shape: of the tensor.
        dtype: the NumPy name of its dtype.
        weights: the number of its weights, kept and pruned.
        planes: n_q, the number of bit planes.
        network: the recipe of the network, or "packed".
        order: the stream order.
        solver: how the seeds were searched for.
        kind: what the tensor is: quantized now, values of a codebook, coded values, or fields of numbers.
        care_bits: bits of the values that seeds and patches store.
        value_entropy: bits of information in the value of a kept weight.
        magnitude_kept: what a low-rank mask keeps of the magnitude that a free mask would keep; None for other masks.
        negative_zeros: whether −0.0 is kept as a value of its own.
        patches: bits that the network gets wrong and the decoder flips.
        blocks: blocks or segments over all planes.
        proved_blocks: those of them whose patches were proved to be the fewest.
        seed_bits: bits of the seeds.
        patch_bits: bits of the patches.
        mask_bits: bits of the mask.
        scale_bits: bits of the scales, the codebook or the coded field, and of rare weights that are listed.
        raw_bits: bits of planes that every weight cares for, which need no network.
        header_bits: the tensor's share of the description and of the headers of arrays.
        efficiency: care bits over seed and patch bits; 1 where there are none.
        bits_per_weight: all bits over weights; 0 for a tensor without weights.
        bound: bits a weight that an ideal entropy coder takes for independent weights: the entropy of the mask, and of
            the values of kept weights.
        relative_error, magnitude_share: what pruning and quantizing cost, see `xoropt.model.losses`; None where nothing
            was lost, and for a file of an earlier version, which does not say it.
    """

    shape: tuple[int, ...]
    dtype: str
    weights: int
    planes: int
    network: str
    order: str
    solver: str
    kind: str
    care_bits: int
    value_entropy: float
    magnitude_kept: float | None
    negative_zeros: bool
    patches: int
    blocks: int
    proved_blocks: int
    seed_bits: int
    patch_bits: int
    mask_bits: int
    scale_bits: int
    raw_bits: int
    header_bits: int
    efficiency: float
    bits_per_weight: float
    bound: float
    relative_error: float | None = None
    magnitude_share: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON, without those of the loss where it is not known."""
        return _without_unknown(asdict(self) | {"shape": list(self.shape)})


@dataclass(frozen=True)
class CarriedReport:
    """The figures of one tensor that is stored as it is.

    Attributes:
        shape: of the tensor.
        dtype: the NumPy name of its dtype.
        bytes: of its data.
        reason: why it is not compressed.
    """

    shape: tuple[int, ...]
    dtype: str
    bytes: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON."""
        return asdict(self) | {"shape": list(self.shape)}


@dataclass(frozen=True)
class TotalReport:
    """The figures of all compressed tensors together, and the size of the file.

    Attributes:
        weights, care_bits, seed_bits, patch_bits, mask_bits, scale_bits, raw_bits, header_bits, patches, blocks,
            proved_blocks: sums over the compressed tensors, see `TensorReport`.
        efficiency, bits_per_weight: ratios of these sums.
        carried_bytes: bytes of the tensors that are stored as they are.
        file_bytes: bytes of the file; None where no file was given.
        relative_error, magnitude_share: of the tensors that were pruned and quantized, taken together; None as above.
    """

    weights: int
    care_bits: int
    seed_bits: int
    patch_bits: int
    mask_bits: int
    scale_bits: int
    raw_bits: int
    header_bits: int
    patches: int
    blocks: int
    proved_blocks: int
    efficiency: float
    bits_per_weight: float
    carried_bytes: int
    relative_error: float | None = None
    magnitude_share: float | None = None
    file_bytes: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON, without `file_bytes` where there is no file, and an unknown loss."""
        return _without_unknown(asdict(self))


@dataclass(frozen=True)
class ModelReport:
    """The figures of a model.

    Attributes:
        tensors: of each compressed tensor, by name.
        carried: of each tensor that is stored as it is, by name.
        total: of all compressed tensors together.
    """

    tensors: dict[str, TensorReport]
    carried: dict[str, CarriedReport]
    total: TotalReport

    def __getitem__(self, key: str) -> Any:
        """Return the figures under a key of the JSON, such as "tensors", "carried" or "total"."""
        return self.to_dict()[key]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as `xoropt inspect --json` prints them."""
        return {
            "tensors": {name: figures.to_dict() for name, figures in self.tensors.items()},
            "carried": {name: figures.to_dict() for name, figures in self.carried.items()},
            "total": self.total.to_dict(),
        }


def report(model: CompressedModel, path: str | os.PathLike[str] | None = None) -> ModelReport:
    """Count where the bits of a model go.

    Args:
        model: what was compressed.
        path: the file that it was saved to, whose size is then reported; None where there is none.

    Raises:
        ArgumentError: an argument of another kind.
        XoroptError: there is no such file.
    """
    check_kind("model", model, CompressedModel, "a CompressedModel, as xoropt.compress or xoropt.load returns it")
    size = None if path is None else _size_of(path_of(path))
    headers = header_bits(model)
    tensors, carried = {}, {}
    ties = ties_in(model)
    for name, tensor in model.tensors.items():
        if isinstance(tensor, CompressedTensor):
            figures = _report_tensor(tensor, headers[name])
            tensors[name] = _of_tied(figures, ties[name]) if name in ties else figures
        else:
            carried[name] = _report_carried(tensor)
    total = sum_up([*tensors.values()], [*carried.values()], size)
    losses = [tensor.loss for tensor in model.tensors.values() if isinstance(tensor, CompressedTensor)]
    return ModelReport(tensors, carried, replace(total, **_loss_of(*losses)))


def report_file(path: str | os.PathLike[str]) -> ModelReport:
    """Count where the bits of a file go; its tensors are read one by one.

    Raises:
        FormatError, XoroptError: as for `load`.
    """
    file = open_file(path)
    headers = header_bits(file)
    tensors, carried, losses = {}, {}, []
    for name in file.tensors:
        tensor = file.tensor(name)
        if isinstance(tensor, CompressedTensor):
            losses.append(tensor.loss)
            figures = _report_tensor(tensor, headers[name])
            tensors[name] = _of_tied(figures, file.firsts[name]) if name in file.firsts else figures
        else:
            carried[name] = _report_carried(tensor)
    total = sum_up([*tensors.values()], [*carried.values()], os.path.getsize(path))
    return ModelReport(tensors, carried, replace(total, **_loss_of(*losses)))


def _size_of(path: Path) -> int:
    check_readable(path)
    return path.stat().st_size


def _of_tied(figures: TensorReport, first: str) -> TensorReport:
    """Return the figures of a tensor that takes nothing but its headers, since an earlier one has the same bytes."""
    nothing: dict[str, Any] = dict.fromkeys(("care_bits", "patches", "blocks", "proved_blocks"), 0)
    nothing |= dict.fromkeys(("seed_bits", "patch_bits", "mask_bits", "scale_bits", "raw_bits"), 0)
    per_weight = _per_weight(figures.header_bits, figures.weights)
    return replace(figures, kind=f"the same as {first}", efficiency=1.0, bits_per_weight=per_weight, **nothing)


def _loss_of(*losses: Loss | None) -> dict[str, Any]:
    """What pruning and quantizing cost, by the names of the attributes; empty where it is not known."""
    figures = figures_of(losses)
    return {} if figures is None else asdict(figures)


def _report_tensor(tensor: CompressedTensor, headers: int) -> TensorReport:
    encoded, bits = tensor.encoded, tensor_bits(tensor)
    magnitude = (tensor.quantization or {}).get("magnitude")
    values = bits.seed_bits + bits.patch_bits
    stored = values + bits.mask_bits + bits.scale_bits + bits.raw_bits + headers
    share, weights = _kept(tensor) / max(1, encoded.outputs), math.prod(tensor.shape)
    signs = 1 - share if _has_signed_fill(tensor.levels) else 0.0
    return TensorReport(
        shape=tensor.shape,
        dtype=str(tensor.dtype),
        weights=weights,
        planes=len(encoded.seeds),
        network=encoded.network.recipe,
        order=encoded.order,
        solver=encoded.solver,
        kind=_kind(tensor),
        care_bits=encoded.size.care_bits,
        value_entropy=tensor.value_entropy,
        magnitude_kept=magnitude if isinstance(magnitude, float | int) else None,
        negative_zeros=_has_negative_zero(tensor.levels, tensor.scaled is not None),
        patches=encoded.size.patches,
        blocks=encoded.all_blocks,
        proved_blocks=encoded.proved_blocks,
        seed_bits=bits.seed_bits,
        patch_bits=bits.patch_bits,
        mask_bits=bits.mask_bits,
        scale_bits=bits.scale_bits,
        raw_bits=bits.raw_bits,
        header_bits=headers,
        efficiency=_efficiency(encoded.size.care_bits, values),
        bits_per_weight=_per_weight(stored, weights),
        bound=(share * tensor.value_entropy + signs + binary_entropy(share)) * (1 + tensor.pairs),
        **_loss_of(tensor.loss),
    )


def _kept(tensor: CompressedTensor) -> int:
    """Count the kept weights; the mask says how many where no plane does."""
    counted = len(tensor.encoded.seeds) and not _has_signed_fill(tensor.levels)
    return tensor.encoded.kept if counted else int(np.count_nonzero(mask_of(tensor)))


def _has_signed_fill(levels: Levels) -> bool:
    """Return whether pruned weights have signs, which plane 0 holds."""
    return isinstance(levels, CodedField) and levels.signed_fill


def _kind(tensor: CompressedTensor) -> str:
    """Say in a few words what a tensor is."""
    if tensor.scaled is not None:
        high, wide = tensor.scaled.sides
        return f"{_kind(tensor.stored)}, scales of {high}×{wide} blocks"
    if tensor.pairs:
        return f"{_kind(tensor.stored)}, in pairs"
    levels = tensor.levels
    if isinstance(levels, Scales):
        return f"quantized to {len(levels.alpha)} bit{_s(len(levels.alpha))}"
    if not isinstance(levels, CodedField):
        return f"{len(levels.values)} value{_s(len(levels.values))}"
    rows = f", {len(levels.values)} classes of rows" if levels.classes is not None else ""
    if raw := levels.form.raw_bits:
        return f"{levels.form.bits - raw}-bit field coded, {raw} bit{_s(raw)} raw{rows}"
    number = levels.values.shape[-1]
    return f"{number} value{_s(number)}{' a row' if levels.has_own_rows else ''}, coded{rows}"


def _s(number: int) -> str:
    """Return the ending of a plural."""
    return "" if number == 1 else "s"


def _has_negative_zero(levels: Levels, scaled: bool = False) -> bool:
    """Return whether −0.0 is among the values; a raw field of kept weights alone does not tell."""
    if _has_signed_fill(levels):
        return True
    if isinstance(levels, Scales) or (isinstance(levels, CodedField) and levels.form.raw_bits):
        return False
    if scaled and levels.dtype.kind == "i":
        values = levels.form.numbers(levels.values) if isinstance(levels, CodedField) else levels.values
        return bool((values.view(levels.dtype) == np.iinfo(levels.dtype).min).any())
    if levels.dtype.kind in "biu":
        return False
    if isinstance(levels, Codebook):
        return bool((levels.values == 0).any())  # 0.0 itself is never in a codebook
    numbers = np.append(levels.form.numbers(levels.values), levels.form.pattern.type(levels.fill))
    return bool(((numbers != 0) & (numbers.view(levels.dtype) == 0)).any())


def _report_carried(tensor: UncompressedTensor) -> CarriedReport:
    array = tensor.array
    return CarriedReport(array.shape, str(array.dtype), array.nbytes, tensor.reason)


def sum_up(tensors: Sequence[TensorReport], carried: Sequence[CarriedReport], file_bytes: int | None) -> TotalReport:
    """Add figures of tensors up.

    Args:
        tensors: the compressed ones.
        carried: those that are stored as they are.
        file_bytes: bytes of the files; None: there are none.
    """
    sums = {name: sum(getattr(figures, name) for figures in tensors) for name in SUMS}
    values = sums["seed_bits"] + sums["patch_bits"]
    stored = values + sums["mask_bits"] + sums["scale_bits"] + sums["raw_bits"] + sums["header_bits"]
    return TotalReport(
        **sums,
        efficiency=_efficiency(sums["care_bits"], values),
        bits_per_weight=_per_weight(stored, sums["weights"]),
        carried_bytes=sum(figures.bytes for figures in carried),
        file_bytes=file_bytes,
    )


def _efficiency(care_bits: int, stored_bits: int) -> float:
    return care_bits / stored_bits if stored_bits else 1.0


def _per_weight(bits: int, weights: int) -> float:
    return bits / weights if weights else 0.0
