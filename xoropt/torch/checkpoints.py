"""Compressed checkpoints for programs that read safetensors files, transformers among them."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import safetensors
import safetensors.torch
import torch

from xoropt.common.dtypes import name_of
from xoropt.model.decompression import restore_array
from xoropt.model.file.container import KEY, load
from xoropt.model.tensors import CompressedModel, shape_and_dtype
from xoropt.torch.foreign_dtypes import to_torch
from xoropt.torch.loading import load_file

__all__ = ["compressed_checkpoints"]


class _OpenedModel:
    """A compressed file, as `safetensors.safe_open` gives one that is not: tensors are decompressed when asked for."""

    def __init__(self, path: str | os.PathLike[str], model: CompressedModel, device: Any) -> None:
        self.path, self.model, self.device = path, model, device

    def __enter__(self) -> "_OpenedModel":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def keys(self) -> list[str]:
        """Return the names of the tensors."""
        return list(self.model.tensors)

    offset_keys = keys

    def metadata(self) -> dict[str, str]:
        """Return the original file's own metadata; transformers wants them to name a format."""
        return {"format": "pt"} | self.model.metadata

    def get_tensor(self, name: str) -> torch.Tensor:
        """Decompress a tensor."""
        return to_torch(restore_array(self.path, name, self.model[name], "auto")).to(self.device)

    def get_slice(self, name: str) -> "_Slice":
        """Return a tensor that is decompressed when a part of it is asked for."""
        return _Slice(self, name)


class _Slice:
    """A tensor of a compressed file, as safetensors' `get_slice` gives it."""

    def __init__(self, opened: _OpenedModel, name: str) -> None:
        self.opened, self.name = opened, name

    def get_shape(self) -> list[int]:
        """Return the tensor's shape."""
        return list(shape_and_dtype(self.opened.model[self.name])[0])

    def get_dtype(self) -> str:
        """Return the safetensors name of the tensor's dtype."""
        return name_of(shape_and_dtype(self.opened.model[self.name])[1])

    def __getitem__(self, index: Any) -> torch.Tensor:
        """Return a part of the tensor."""
        return self.opened.get_tensor(self.name)[index]


_SAFE_OPEN, _LOAD_FILE = safetensors.safe_open, safetensors.torch.load_file


def _is_compressed(path: Any) -> bool:
    """Return whether a file is one of ours; an error about a file that is none is left to safetensors."""
    try:
        with _SAFE_OPEN(os.fspath(path), framework="numpy") as opened:
            return KEY in (opened.metadata() or {})
    except (OSError, TypeError, safetensors.SafetensorError):
        return False


def _safe_open(filename: Any, *args: Any, **named: Any) -> Any:
    """Open a file as `safetensors.safe_open` does, or a compressed one."""
    framework = args[0] if args else named.get("framework", "pt")
    if framework not in ("pt", "torch", "pytorch") or not _is_compressed(filename):  # NumPy's readers get the parts
        return _SAFE_OPEN(filename, *args, **named)
    device = args[1] if len(args) > 1 else named.get("device", "cpu")
    return _OpenedModel(filename, load(filename), device)


def _load_file(filename: Any, device: Any = "cpu", **named: Any) -> dict[str, torch.Tensor]:
    """Load a file as `safetensors.torch.load_file` does, or a compressed one."""
    return load_file(filename, device) if _is_compressed(filename) else _LOAD_FILE(filename, device, **named)


@contextmanager
def compressed_checkpoints() -> Iterator[None]:
    """Let programs that read safetensors files read compressed ones, too, within a `with` statement.

    Wherever a loaded module has `safetensors.safe_open` or `safetensors.torch.load_file`, ours takes its place, which
    decompresses files that xoropt wrote, tensor by tensor, and leaves others to safetensors. So

        with xoropt.torch.compressed_checkpoints():
            model = AutoModel.from_pretrained(folder)

    reads a folder whose `model.safetensors` is compressed. All threads of the process are affected meanwhile.

    Raises:
        FormatError: a compressed file is damaged (within the statement).
    """
    ours = {id(_SAFE_OPEN): _safe_open, id(_LOAD_FILE): _load_file}
    originals = {id(_safe_open): _SAFE_OPEN, id(_load_file): _LOAD_FILE}
    with ExitStack() as stack:
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
