"""Compressed weights on any device of torch: decoded by its operations where they are multiplied."""

from dataclasses import dataclass, field

import numpy as np
import torch

from xoropt.codec.decoder import decode, flips_of
from xoropt.common.errors import XoroptError
from xoropt.masks.coding import codec_of_file
from xoropt.model.compiled_weights import mask_of
from xoropt.model.decompression import decompress_tensor
from xoropt.model.tensors import CompressedTensor
from xoropt.quantize.levels import CodedField, level_table
from xoropt.torch.foreign_dtypes import to_torch
from xoropt.torch.streams import StreamPlane, decode_plane, pack_words, unpack_words

__all__ = ["DeviceWeights", "check_device", "device_weights"]


@dataclass(frozen=True)
class DeviceWeights:
    """What a device needs to make the weights of a layer.

    Attributes:
        shape: of the weights.
        planes: those that the device decodes; or their words, int64, where it cannot.
        mask: its words, int64; None where every weight is kept.
        table: the weight for every code, (1 or rows, 2^planes).
        whole: the weights of a layer that has no table, on the CPU; the device gets a copy for each call.
    """

    shape: tuple[int, int]
    planes: list[StreamPlane | torch.Tensor] = field(repr=False)
    mask: torch.Tensor | None = field(repr=False)
    table: torch.Tensor | None = field(repr=False)
    whole: CompressedTensor | None
    device: torch.device

    def decode(self) -> torch.Tensor:
        """Decode the weights, (rows, columns) of their dtype, on the device."""
        if self.table is None:
            assert self.whole is not None
            return to_torch(decompress_tensor(self.whole)).to(self.device)
        size = self.shape[0] * self.shape[1]
        codes = torch.zeros(size, dtype=torch.int64, device=self.device)
        for p, plane in enumerate(self.planes):
            words = decode_plane(plane) if isinstance(plane, StreamPlane) else plane
            codes |= unpack_words(words)[:size] << p
        if len(self.table) == 1:
            weights = self.table[0][codes].reshape(self.shape)
        else:
            weights = self.table.gather(1, codes.reshape(self.shape))
        if self.mask is None:
            return weights
        kept = unpack_words(self.mask)[:size].reshape(self.shape) != 0
        return torch.where(kept, weights, torch.zeros_like(weights))


def device_weights(tensor: CompressedTensor, device: torch.device) -> DeviceWeights:
    """Bring compressed weights to a device.

    Seeds and patches stay as they are where the network's order is closed and its rows are whole words, as "auto" takes
    it; other planes become a bit a weight, and so does the mask. Weights with raw fields, and those with scales of
    blocks, stay on the CPU.

    Args:
        tensor: the weights, of two axes.
        device: where they go.

    Raises:
        XoroptError: the device has no XOR of 64-bit integers.
        DecodeError: the tensor's parts do not fit together.
    """
    check_device(device)
    rows, columns = tensor.shape
    levels, encoded = tensor.levels, tensor.encoded
    own_fields = isinstance(levels, CodedField) and (levels.form.raw_bits or levels.fill or len(tensor.listed.at))
    if own_fields or tensor.scaled is not None:
        return DeviceWeights((rows, columns), [], None, None, tensor, device)
    table = to_torch(level_table(levels, len(encoded.seeds))).to(device)
    size = encoded.outputs
    octets, begin = codec_of_file(tensor.mask_codec).decode_packed(tensor.mask_parts, tensor.shape, size, 0, size)
    if begin:
        octets = np.packbits(mask_of(tensor), bitorder="little")
    mask = None if octets is None else pack_words(octets[: -(-size // 8)], device)
    return DeviceWeights((rows, columns), _planes(tensor, device), mask, table, None, device)


def _planes(tensor: CompressedTensor, device: torch.device) -> list[StreamPlane | torch.Tensor]:
    """Bring the planes to a device."""
    encoded = tensor.encoded
    if not len(encoded.seeds):
        return []
    order = encoded.stream_order if encoded.main is encoded and encoded.has_network else None
    if order is None or not order.closed or order.lanes % 64:
        mask = mask_of(tensor) if encoded.needs_mask else None
        words = decode(encoded, output="planes", mask=mask).reshape(len(encoded.seeds), -1)
        return [torch.from_numpy(plane.view(np.int64).copy()).to(device) for plane in words]
    made: list[StreamPlane | torch.Tensor] = []
    for p, (seeds, flips) in enumerate(zip(encoded.seeds, flips_of(encoded, 0, encoded.outputs), strict=True)):
        layout = encoded.layout(p)
        bits = layout.seed_bits.tolist()
        firsts = [0, *np.cumsum(bits).tolist()][: len(bits)]
        segments = list(zip(layout.rows.tolist(), bits, firsts, strict=True))
        held = pack_words(np.asarray(seeds), device, spare=2)
        places = torch.from_numpy(np.array(flips, dtype=np.int64)).to(device)
        made.append(StreamPlane(encoded.network, order, segments, held, places, encoded.outputs))
    return made


def check_device(device: torch.device) -> None:
    """Raise XoroptError unless a device can do what the decoder needs."""
    if device.type == "meta":
        raise XoroptError("The device 'meta' holds no weights; load the layer first, or make it on another device.")
    try:
        one = torch.ones(1, dtype=torch.int64, device=device)
        fine = int(((one << 40) ^ one)[0]) == (1 << 40) + 1
    except (RuntimeError, TypeError, NotImplementedError):
        fine = False
    if not fine:
        raise XoroptError(f"The device '{device}' has no XOR of 64-bit integers; move the layer to 'cpu' or 'cuda'.")
