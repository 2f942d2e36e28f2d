"""Compressed checkpoints for programs that read safetensors files, transformers among them."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from xoropt.checkpoints.folders import INDEX
from xoropt.checkpoints.lazy import LazyTensor, open_checkpoint
from xoropt.checkpoints.manifest import is_compressed_folder, read_manifest
from xoropt.common.dtypes import name_of
from xoropt.common.errors import FormatError
from xoropt.model.decompression import decompress_tensor, restore_array
from xoropt.model.file.container import KEY, load
from xoropt.model.tensors import CompressedTensor, UncompressedTensor, shape_and_dtype
from xoropt.torch.foreign_dtypes import to_torch

__all__ = ["compressed_checkpoints"]

FINDER = "_get_resolved_checkpoint_files"
"""The function of `transformers.modeling_utils` that finds the files of a checkpoint."""


class _OpenedShard:
    """A compressed file, as `safetensors.safe_open` gives one that is not: tensors are decompressed when asked for."""

    def __init__(self, tensors: "dict[str, LazyTensor | _Stored]", device: Any) -> None:
        self.tensors, self.device = tensors, device

    def __enter__(self) -> "_OpenedShard":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def keys(self) -> list[str]:
        """Return the names of the tensors."""
        return list(self.tensors)

    offset_keys = keys

    def metadata(self) -> dict[str, str]:
        """Return the metadata that transformers wants."""
        return {"format": "pt"}

    def get_tensor(self, name: str) -> torch.Tensor:
        """Decompress a tensor."""
        return self.get_slice(name)[...]

    def get_slice(self, name: str) -> "_Slice":
        """Return a tensor that is decompressed when a part of it is asked for."""
        return _Slice(self.tensors[name], self.device)


class _Stored:
    """A tensor of a compressed model, read as a `LazyTensor` is."""

    def __init__(self, path: Path, name: str, tensor: CompressedTensor | UncompressedTensor) -> None:
        self.path, self.name, self.tensor = path, name, tensor
        self.shape, self.dtype = shape_and_dtype(tensor)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Return the tensor, or rows of it."""
        if isinstance(index, slice) and index.step in (None, 1) and self.shape:
            first, stop, _ = index.indices(self.shape[0])
            return decompress_tensor(self.tensor, rows=slice(first, max(first, stop)))
        return restore_array(self.path, self.name, self.tensor, "auto")[index]


class _Slice:
    """A tensor of a compressed file, as safetensors' `get_slice` gives it."""

    def __init__(self, tensor: LazyTensor | _Stored, device: Any) -> None:
        self.tensor, self.device = tensor, device

    def get_shape(self) -> list[int]:
        """Return the tensor's shape."""
        return list(self.tensor.shape)

    def get_dtype(self) -> str:
        """Return the safetensors name of the tensor's dtype."""
        return name_of(self.tensor.dtype)

    def __getitem__(self, index: Any) -> torch.Tensor:
        """Return a part of the tensor: rows by themselves, anything else of the whole one."""
        rows = isinstance(index, slice) or index is ...
        made = to_torch(np.asarray(self.tensor[index if rows else ...])).to(self.device)
        return made if rows else made[index]


_SAFE_OPEN, _LOAD_FILE = safetensors.safe_open, safetensors.torch.load_file


def _tensors(path: Any) -> dict[str, LazyTensor | _Stored] | None:
    """Return the tensors of a compressed file, or of a shard of a compressed folder by the path that it had.

    None for any other path, which is left to safetensors.
    """
    try:
        path = Path(path)
    except TypeError:
        return None
    if not path.exists():
        if not is_compressed_folder(path.parent):
            return None
        found = open_checkpoint(path.parent).tensors.values()
        return {tensor.name: tensor for tensor in found if tensor.shard == path.name} or None
    try:
        with _SAFE_OPEN(path, framework="numpy") as opened:
            compressed = KEY in (opened.metadata() or {})
    except (OSError, safetensors.SafetensorError):
        return None
    return _of_file(path) if compressed else None


def _of_file(path: Path) -> "dict[str, LazyTensor | _Stored]":
    """Return the tensors of a compressed file, whether it was made of a checkpoint's or of tensors in memory."""
    try:
        return {**open_checkpoint(path).tensors}
    except FormatError:
        model = load(path)  # which says what is wrong with a damaged file
    return {name: _Stored(path, name, tensor) for name, tensor in model.tensors.items()}


def _safe_open(filename: Any, *args: Any, **named: Any) -> Any:
    """Open a file as `safetensors.safe_open` does, or a compressed one."""
    framework = args[0] if args else named.get("framework", "pt")
    tensors = _tensors(filename) if framework in ("pt", "torch", "pytorch") else None  # NumPy's readers get the parts
    if tensors is None:
        return _SAFE_OPEN(filename, *args, **named)
    return _OpenedShard(tensors, args[1] if len(args) > 1 else named.get("device", "cpu"))


def _load_file(filename: Any, device: Any = "cpu", **named: Any) -> dict[str, torch.Tensor]:
    """Load a file as `safetensors.torch.load_file` does, or a compressed one."""
    tensors = _tensors(filename)
    if tensors is None:
        return _LOAD_FILE(filename, device, **named)
    opened = _OpenedShard(tensors, device)
    return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (it is no dict)


def _find_shards(find: Callable[..., Any]) -> Callable[..., Any]:
    """Make transformers' search for the files of a checkpoint find those of a compressed folder, by their old names."""

    def find_shards(pretrained_model_name_or_path: Any = None, *args: Any, **named: Any) -> Any:
        folder = pretrained_model_name_or_path
        if not isinstance(folder, str | os.PathLike) or not is_compressed_folder(Path(folder)):
            return find(folder, *args, **named)
        where = Path(folder)
        paths = [record.path for record in read_manifest(where) if record.compressed and "/" not in record.path]
        files = [str(where / path) for path in sorted(paths)]
        index = where / f"model{INDEX}"
        if not index.exists():
            return files, None
        said = json.loads(index.read_text(encoding="utf-8"))
        names = {"all_checkpoint_keys": list(said["weight_map"]), "weight_map": said["weight_map"]}
        return files, said.get("metadata", {}) | names

    return find_shards


@contextmanager
def compressed_checkpoints() -> Iterator[None]:
    """Let programs that read safetensors files read compressed ones, too, within a `with` statement.

    Wherever a loaded module has `safetensors.safe_open` or `safetensors.torch.load_file`, ours takes its place, which
    decompresses files that xoropt wrote, tensor by tensor, and leaves others to safetensors. So

        with xoropt.torch.compressed_checkpoints():
            model = AutoModel.from_pretrained(folder)

    reads a folder that `xoropt compress` made of a checkpoint's folder, or one whose `model.safetensors` is compressed.
    transformers must be imported before. All threads of the process are affected meanwhile.

    Raises:
        FormatError: a compressed file is damaged (within the statement).
    """
    ours = {id(_SAFE_OPEN): _safe_open, id(_LOAD_FILE): _load_file}
    originals = {id(_safe_open): _SAFE_OPEN, id(_load_file): _LOAD_FILE}
    with ExitStack() as stack:
        if "transformers" in sys.modules:
            modeling = import_module("transformers.modeling_utils")
            stack.callback(setattr, modeling, FINDER, getattr(modeling, FINDER))
            setattr(modeling, FINDER, _find_shards(getattr(modeling, FINDER)))
        stack.callback(_exchange, originals)
        _exchange(ours)
        yield


def _exchange(new: dict[int, Any]) -> None:
    """In all loaded modules but this one, put other functions in the place of those with the ids that are keys."""
    for name, module in list(sys.modules.items()):
        if name == __name__ or module is None:
            continue
        attributes = getattr(module, "__dict__", {})
        for attribute, value in list(attributes.items()):
            if id(value) in new and callable(value):
                setattr(module, attribute, new[id(value)])
