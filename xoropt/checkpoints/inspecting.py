"""Inspect a checkpoint that is not compressed: what is in it, and what compressing would make of it, without encoding.

Tensors are measured by a part of their weights; of many that look alike (format, dtype, shape), some stand for all.
"""

import math
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from xoropt.checkpoints.compressing import source_folder
from xoropt.checkpoints.folders import SourceFolder
from xoropt.checkpoints.formats import FORMATS
from xoropt.checkpoints.shards import Shard, array_of_octets
from xoropt.checkpoints.unit_encoding import read_unit
from xoropt.checkpoints.units import Unit, plan_units
from xoropt.checkpoints.unpacked import unpacked_folder
from xoropt.common.arguments import check_callable, path_of
from xoropt.common.dtypes import dtype_of, has_whole_bytes, stored_bytes
from xoropt.common.errors import FormatError
from xoropt.common.file_kinds import is_npz
from xoropt.common.lazy_arrays import LazyArray
from xoropt.model.checks import array_of
from xoropt.model.config import CompressConfig, configured
from xoropt.model.preparation import PreparedTensor, prepare_tensor, why_uncompressed
from xoropt.model.storage_choice import choose_storage
from xoropt.model.tensors import Progress
from xoropt.quantize import value_entropy
from xoropt.quantize.lazy_masks import count_kept

__all__ = ["CheckpointEstimate", "Estimate", "inspect_checkpoint"]

MEASURED, UNPACKED = 64, 4
"""Most tensors that are measured of those that look alike: ordinary ones, and those that have to be unpacked first."""
SAMPLE = 1 << 18
"""Weights of a tensor that are measured."""
SLICES = 16
"""Runs of rows that a sample consists of."""
PLAIN = "plain"
NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Estimate:
    """What compressing makes of tensors, by estimates.

    Attributes:
        format: as the library that wrote them calls it; "plain" for ordinary tensors.
        dtype: of the file.
        shape: of the weight.
        tensors: how many there are, those that are tied to others aside.
        weights: of all of them.
        bytes: that they take now.
        sparsity: the share of weights that are zero.
        bound: bits a weight of an ideal entropy coder for independent weights.
        predicted_bytes: that they take compressed.
        name: of the tensors, with * in the place of numbers that differ; of unlike names the first.
    """

    format: str
    dtype: str
    shape: tuple[int, ...]
    tensors: int
    weights: int
    bytes: int
    sparsity: float
    bound: float
    predicted_bytes: int
    name: str


@dataclass(frozen=True)
class CheckpointEstimate:
    """What a checkpoint holds, and what compressing would make of it.

    Attributes:
        alike: tensors that look alike, the largest first.
        tied: tensors that are stored once with another one, and their bytes.
        bytes: of all files.
        predicted_bytes: of all files, compressed.
        refused: weights of other libraries' formats that contradict themselves, and why.
    """

    alike: tuple[Estimate, ...]
    tied: tuple[int, int]
    bytes: int
    predicted_bytes: int
    refused: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON."""
        alike = [asdict(figures) | {"shape": list(figures.shape)} for figures in self.alike]
        total = {"bytes": self.bytes, "predicted_bytes": self.predicted_bytes}
        tied = {"tensors": self.tied[0], "bytes": self.tied[1]}
        return {"alike": alike, "tied": tied, "refused": self.refused, "total": total}


@dataclass(frozen=True)
class Measured:
    """What was measured of a unit.

    Attributes:
        shape: of the weight.
        sparsity, bound: as of `Estimate`.
        predicted: bytes.
    """

    shape: tuple[int, ...]
    sparsity: float
    bound: float
    predicted: float


def inspect_checkpoint(
    source: str | os.PathLike[str],
    config: CompressConfig | None = None,
    *,
    progress: Progress | None = None,
    **options: Any,
) -> CheckpointEstimate:
    """Say what is in a checkpoint, and estimate what `compress_checkpoint` would make of it.

    Args:
        source: a safetensors or npz file, or a folder of shards.
        config: how it would be compressed.
        progress: called with a tensor's name, how many are measured, and how many are to be.
        options: attributes of `CompressConfig` by themselves.

    Raises:
        FormatError: the source is no checkpoint, damaged, or contradicts itself.
        XoroptError: a file cannot be read.
    """
    config = configured(config, options)
    check_callable("progress", progress)
    source = path_of(source, "source")
    if source.is_dir() or not is_npz(source):
        return _inspect(source_folder(source, to_copy=False), config, progress)
    with TemporaryDirectory(prefix="xoropt-") as place:
        return _inspect(unpacked_folder(source, Path(place) / "unpacked.safetensors"), config, progress)


def _inspect(folder: SourceFolder, config: CompressConfig, progress: Progress | None) -> CheckpointEstimate:
    """Inspect a checkpoint whose headers were read."""
    plan = plan_units(folder, config)
    classes: dict[tuple[object, ...], list[Unit]] = {}
    for unit in plan.units:
        places = [folder.shards[unit.at[name]].layout.places[name] for name in unit.members]
        form = unit.packed.format if unit.packed else PLAIN
        classes.setdefault((form, *((place.dtype, place.shape) for place in places)), []).append(unit)
    some = {key: _evenly(units, MEASURED if key[0] == PLAIN else UNPACKED) for key, units in classes.items()}
    todo = sum(map(len, some.values()))
    done, refused = 0, {}
    alike = []
    for key, units in classes.items():
        found = []
        for unit in some[key]:
            try:
                found.append(_measure(unit, folder, config))
            except FormatError as error:
                assert unit.packed is not None
                refused[unit.packed.logical] = str(error)
                found.append(Measured((), 0.0, 0.0, unit.octets))
            done += 1
            if progress is not None:
                progress(unit.members[0], done, todo)
        octets = sum(unit.octets for unit in units)
        share = sum(each.predicted for each in found) / max(1, sum(unit.octets for unit in some[key]))
        weights = math.prod(found[0].shape) * len(units)
        sparsity, bound = (
            float(np.mean([getattr(each, figure) for each in found])) for figure in ("sparsity", "bound")
        )
        place = folder.shards[units[0].shard].layout.places[units[0].members[0]]
        alike.append(
            Estimate(
                *(str(key[0]), place.dtype, found[0].shape, len(units), weights, octets, sparsity, bound),
                min(octets, round(share * octets)),
                _common_name([unit.packed.logical if unit.packed else unit.members[0] for unit in units]),
            )
        )
    alike.sort(key=lambda figures: -figures.bytes)
    tied = sum(
        folder.shards[shard].layout.places[name].last - folder.shards[shard].layout.places[name].first
        for shard, name in plan.ties
    )
    total = sum(folder.sizes.values())
    saved = tied + sum(figures.bytes - figures.predicted_bytes for figures in alike)
    predicted = sum(folder.unpacked_sizes.values()) - saved
    return CheckpointEstimate(tuple(alike), (len(plan.ties), tied), total, predicted, refused)


def _common_name(names: list[str]) -> str:
    """Return the name of tensors that look alike, with * in the place of numbers that differ; else the first name."""
    parts = [NUMBER.split(name) for name in names]
    if any(len(some) != len(parts[0]) or some[::2] != parts[0][::2] for some in parts):
        return names[0]
    return "".join(some[0] if len(set(some)) == 1 else "*" for some in zip(*parts, strict=True))


def _evenly(units: list[Unit], most: int) -> list[Unit]:
    """Return so many units at most, from all over a list."""
    return units if len(units) <= most else [units[i * len(units) // most] for i in range(most)]


def _measure(unit: Unit, folder: SourceFolder, config: CompressConfig) -> Measured:
    """Measure a unit.

    Raises:
        FormatError: its tensors contradict each other.
    """
    if unit.packed is None:
        name = unit.members[0]
        shard = folder.shards[unit.shard]
        place = shard.layout.places[name]
        sample = shard.array(name) if unit.reason else _read_sample(shard, name)
        return _measure_array(name, sample, place.shape, unit, config, unit.reason)
    _, logical = FORMATS[unit.packed.format].unpack(unit.packed, read_unit(unit, folder.shards))
    parts = [
        _measure_array(name, _sample(array), array.shape, unit, config, why_uncompressed(name, array, config))
        for name, array in logical.items()
    ]
    predicted = min(unit.octets, sum(part.predicted for part in parts))
    return Measured(parts[0].shape, parts[0].sparsity, parts[0].bound, predicted)


def _measure_array(
    name: str, sample: np.ndarray, shape: tuple[int, ...], unit: Unit, config: CompressConfig, reason: str | None
) -> Measured:
    """Measure a sample of a tensor of this shape."""
    size = math.prod(shape)
    octets = stored_bytes(sample.dtype, size)
    with np.errstate(invalid="ignore"):
        sample = array_of(name, sample)
        sparsity = float(np.mean(sample == 0)) if sample.size else 0.0
    carried = Measured(shape, sparsity, 8 * octets / max(1, size), octets)
    prepared = None if reason else prepare_tensor(sample, config, name=name)
    if not isinstance(prepared, PreparedTensor):
        return carried
    storage = choose_storage(prepared, config, unit.alike)
    if not storage.smaller:
        return carried
    share = count_kept(prepared.quantized.kept) / max(1, sample.size)
    entropy = -sum(p * np.log2(p) for p in (share, 1 - share) if p > 0)
    bound = share * value_entropy(prepared.quantized) + entropy
    return Measured(shape, sparsity, float(bound), storage.bits / 8 * size / sample.size)


def _slices(shape: tuple[int, ...]) -> list[slice]:
    """Return runs of rows from all over a tensor that hold about as many weights as are measured."""
    size = math.prod(shape)
    if size <= SAMPLE or not shape:
        return [slice(0, shape[0] if shape else 1)]
    rows = max(1, SAMPLE * shape[0] // size)
    runs = min(SLICES, rows)
    return [slice(i * shape[0] // runs, i * shape[0] // runs + rows // runs) for i in range(runs)]


def _sample(array: np.ndarray | LazyArray) -> np.ndarray:
    """Return some rows from all over a tensor."""
    return np.concatenate([array[some] for some in _slices(array.shape)]) if array.ndim else np.asarray(array)


def _read_sample(shard: Shard, name: str) -> np.ndarray:
    """Read some rows from all over a tensor."""
    place = shard.layout.places[name]
    if math.prod(place.shape) <= SAMPLE or not has_whole_bytes(dtype_of(place.dtype)):
        array = shard.array(name)
        return array if array.size <= SAMPLE else _sample(array)
    row = (place.last - place.first) // place.shape[0]
    octets = [shard.octets(name, some.start * row, (some.stop - some.start) * row) for some in _slices(place.shape)]
    return array_of_octets(np.concatenate(octets), place.dtype, (sum(map(len, octets)) // row, *place.shape[1:]))
