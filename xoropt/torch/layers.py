"""`XorLinear`: a linear layer whose weights stay compressed and are used where they are decoded."""

import json
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from xoropt.common.arguments import check_choice
from xoropt.common.dtypes import dtype_of, name_of
from xoropt.common.errors import ArgumentError, FormatError
from xoropt.linear.products import CACHES, matvec, rmatvec
from xoropt.model.decompression import decompress_tensor
from xoropt.model.file.tensor_entries import describe_tensor, restore_tensor
from xoropt.model.tensors import CompressedTensor
from xoropt.torch.device_weights import DeviceWeights, check_device, device_weights
from xoropt.torch.foreign_dtypes import bytes_tensor, to_torch

__all__ = ["XorLinear"]

ENTRY = "weight_entry"
"""The buffer that describes the others: JSON text, uint8."""


class XorLinear(torch.nn.Module):
    """y = x·Wᵀ + b with compressed W, in place of `torch.nn.Linear`.

    On the CPU the products come straight from the planes, see `xoropt.matvec`, on as many threads as torch uses. On any
    other device the weights are decoded there for each call, by operations of torch, and then multiplied.

    The compressed parts are buffers of bytes: they are in `state_dict()`, follow `.to(device)`, and stay as they are
    under `.half()`, `.bfloat16()` and `.double()`, which convert the bias. x may be of any float dtype, and y has it;
    sums are float32 (float64 for such x). Gradients go to x and to the bias. The weights cannot be trained.
    """

    def __init__(self, tensor: CompressedTensor, bias: torch.Tensor | None = None, cache: str = "none") -> None:
        """Make a layer.

        Args:
            tensor: the weights, (out_features, in_features).
            bias: (out_features,), or None.
            cache: what calls on the CPU keep of the weights, as for `xoropt.matvec`.

        Raises:
            ArgumentError: the tensor is no compressed matrix of real numbers, or the bias does not fit it.
        """
        super().__init__()
        if not isinstance(tensor, CompressedTensor) or len(tensor.shape) != 2 or tensor.dtype.kind == "c":
            raise ArgumentError("Argument 'tensor' must be a compressed matrix of real numbers.")
        check_choice("cache", cache, CACHES)
        self.out_features, self.in_features = tensor.shape
        if bias is not None and tuple(bias.shape) != (self.out_features,):
            raise ArgumentError(f"Argument 'bias' must have the shape ({self.out_features},), not {tuple(bias.shape)}.")
        self.cache = cache
        self.bias = bias if isinstance(bias, torch.nn.Parameter) or bias is None else torch.nn.Parameter(bias)
        self._made: CompressedTensor | None = None
        self._on_device: DeviceWeights | None = None
        entry, parts = describe_tensor(tensor)
        forms = {part: [name_of(array.dtype), list(array.shape)] for part, array in parts.items()}
        text = json.dumps({"entry": entry, "parts": forms}, separators=(",", ":")).encode()
        self.register_buffer(ENTRY, torch.frombuffer(bytearray(text), dtype=torch.uint8))
        for part, array in parts.items():
            self.register_buffer(f"weight_{part}", bytes_tensor(array))

    @property
    def compressed(self) -> CompressedTensor:
        """The weights, whose arrays are the buffers, on the CPU.

        Raises:
            FormatError: the buffers do not fit together.
        """
        if self._made is None:
            buffers = {name: buffer.cpu().numpy() for name, buffer in self._parts().items()}
            said = json.loads(buffers.pop(ENTRY).tobytes())
            parts = {
                part: buffers[f"weight_{part}"].view(dtype_of(kind)).reshape(shape)
                for part, (kind, shape) in said["parts"].items()
            }
            made = restore_tensor(said["entry"], parts)
            assert isinstance(made, CompressedTensor)
            self._made = made
        return self._made

    @property
    def weight(self) -> torch.Tensor:
        """The weights, decompressed on each call, on the layer's device; a copy, which cannot be trained."""
        return to_torch(decompress_tensor(self.compressed)).to(self._buffers[ENTRY].device)  # type: ignore[union-attr]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Multiply: (…, in_features) → (…, out_features), of the dtype of x."""
        entry = self._buffers[ENTRY]
        assert entry is not None
        if x.shape[-1] != self.in_features or not x.dtype.is_floating_point:
            raise ArgumentError(
                f"The input of XorLinear must be floats (…, {self.in_features}), not {x.dtype} {tuple(x.shape)}."
            )
        if x.device != entry.device:
            raise ArgumentError(f"The input is on {x.device} and the layer on {entry.device}; move one with .to().")
        bias = None if self.bias is None else self.bias.to(x.dtype)
        if entry.device.type == "cpu":
            y = _multiply(x, self)
            return y if bias is None else y + bias
        return functional.linear(x, _decoded(self).to(x.dtype), bias)

    def requires_grad_(self, requires_grad: bool = True) -> "XorLinear":
        """Refuse to train the weights.

        Raises:
            ArgumentError: `requires_grad` is set.
        """
        if requires_grad:
            raise ArgumentError(
                "The weights of XorLinear are compressed and cannot be trained; train layer.bias, or the dense layer."
            )
        return super().requires_grad_(False)

    def extra_repr(self) -> str:
        """Say what torch prints of the layer."""
        size = sum(buffer.nbytes for buffer in self._parts().values())
        bits = 8 * size / max(1, self.in_features * self.out_features)
        return f"in_features={self.in_features}, out_features={self.out_features}, bits_per_weight={bits:.2f}"

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "weight":
            raise ArgumentError("The weights of XorLinear are compressed and cannot be set; make a new layer.")
        super().__setattr__(name, value)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_made": None, "_on_device": None}  # both are made of the buffers again

    def _parts(self) -> dict[str, torch.Tensor]:
        return {name: buffer for name, buffer in self._buffers.items() if buffer is not None}

    def _forget(self) -> None:
        self._made = self._on_device = None

    def _apply(self, fn: Any, recurse: bool = True) -> "XorLinear":
        self._forget()
        return super()._apply(fn, recurse)

    def _load_from_state_dict(self, state_dict, prefix, *rest) -> None:  # type: ignore[no-untyped-def]
        """Take the parts of a state dict, whose sizes may be others: the same shape can be stored in other ways."""
        begin = f"{prefix}weight_"
        found = {key.removeprefix(prefix): value for key, value in state_dict.items() if key.startswith(begin)}
        if ENTRY in found:
            said = json.loads(bytes(found[ENTRY].cpu().numpy()))
            shape, needed = said["entry"].get("shape"), {ENTRY, *(f"weight_{part}" for part in said["parts"])}
            if shape != [self.out_features, self.in_features]:
                raise FormatError(f"'{prefix[:-1]}' is {self.out_features} × {self.in_features}, not {shape}.")
            if needed != set(found):
                name = min(needed ^ set(found))
                raise FormatError(
                    f"'{prefix}{name}' is {'missing' if name in needed else 'not expected'} in the state."
                )
            device = self._buffers[ENTRY].device  # type: ignore[union-attr]
            for name in self._parts():
                del self._buffers[name]
            for name, value in found.items():
                self.register_buffer(name, value.detach().clone().to(device))
            self._forget()
        super()._load_from_state_dict(state_dict, prefix, *rest)


class _Product(torch.autograd.Function):
    """x·Wᵀ on the CPU, with the gradient for x."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, layer: XorLinear) -> torch.Tensor:
        ctx.layer = layer
        return _through(matvec, layer, x, layer.out_features)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return _through(rmatvec, ctx.layer, gradients[0], ctx.layer.in_features), None


def _through(multiply: Any, layer: XorLinear, x: torch.Tensor, length: int) -> torch.Tensor:
    """Multiply the rows of a tensor by `matvec` or `rmatvec`."""
    kind = x.dtype if x.dtype is torch.float64 else torch.float32
    rows = x.detach().reshape(-1, x.shape[-1]).to(kind).numpy()
    one = len(rows) == 1
    given = rows[0] if one else rows.T
    y: np.ndarray = multiply(layer.compressed, given, jobs=torch.get_num_threads(), cache=layer.cache)
    made = torch.from_numpy(y if one else np.ascontiguousarray(y.T))
    return made.reshape(*x.shape[:-1], length).to(x.dtype)


@torch.compiler.disable  # NumPy's and numba's part; what surrounds it is compiled
def _multiply(x: torch.Tensor, layer: XorLinear) -> torch.Tensor:
    return _Product.apply(x, layer)


@torch.compiler.disable
def _decoded(layer: XorLinear) -> torch.Tensor:
    """Return the weights on the layer's device."""
    device = layer._buffers[ENTRY].device  # type: ignore[union-attr]
    if layer._on_device is None:
        check_device(device)  # before the layer's parts are read from it
        layer._on_device = device_weights(layer.compressed, device)
    return layer._on_device.decode()
