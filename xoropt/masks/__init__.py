"""Mask codecs: which weights were pruned, stored exactly."""

from xoropt.masks.coding import check_codec, decode_mask, encode_mask, plan_mask
from xoropt.masks.mask_codec import MaskCodec, MaskPlan, NearMask, stored_bytes
from xoropt.masks.registry import CODECS, register

__all__ = [
    "CODECS",
    "MaskCodec",
    "MaskPlan",
    "NearMask",
    "check_codec",
    "decode_mask",
    "encode_mask",
    "plan_mask",
    "register",
    "stored_bytes",
]
