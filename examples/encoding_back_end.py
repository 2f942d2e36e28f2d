"""xoropt as the encoding of another library: its masks, and its 4-bit numbers in groups.

Run it with `python examples/encoding_back_end.py`. The library keeps a layer as codes of 4 bits, a scale for each group
of 128, and a mask of what was pruned. It hands arrays over, keeps the bytes that it gets, and asks for arrays again.
"""

import numpy as np

import xoropt

GROUP = 128
rng = np.random.default_rng(0)
weights = rng.standard_normal((512, 1024), dtype=np.float32)
mask = np.abs(weights) > np.quantile(np.abs(weights), 0.5)  # half of the weights are kept
scales = np.abs(weights).reshape(-1, GROUP).max(axis=1) / 7
codes = np.rint(weights.reshape(-1, GROUP) / scales[:, None]).astype(np.int8).reshape(weights.shape) & 15

# The mask by itself: the codec that stores least, its name, and its arrays by name.
codec, parts = xoropt.masks.encode_mask(mask)
mask_bits = 8 * sum(part.nbytes for part in parts.values())
assert (xoropt.masks.decode_mask(codec, parts, mask.shape, mask.size) == mask).all()

# Any rows of it alone.
some = xoropt.masks.decode_mask(codec, parts, mask.shape, mask.size, rows=slice(10, 20))
assert (some == mask[10:20]).all()

# The four bits of each kept code, as planes of bits that matter where the mask says so.
planes = (codes >> np.arange(4)[:, None, None] & 1).astype(bool)
encoded = xoropt.encode(planes, mask)
stored = encoded.to_bytes()  # the library keeps these bytes

# Decode: what the mask leaves out is anything.
again = xoropt.decode(xoropt.from_bytes(stored))
read = sum(plane.astype(np.int8) << i for i, plane in enumerate(again))
assert ((read == codes) | ~mask).all()
rows = xoropt.decode(xoropt.from_bytes(stored), rows=slice(10, 20))
assert ((rows == planes[:, 10:20]) | ~mask[10:20]).all()

# Or all in one: integers are stored by how often each occurs, which takes less where some are rare.
model = xoropt.compress({"codes": np.where(mask, codes, 0), "scales": scales.astype(np.float16)})
total = xoropt.report(model).tensors["codes"].bits_per_weight
apart = f"mask {mask_bits / mask.size:.3f} and planes {8 * len(stored) / mask.size:.3f}"
print(f"{apart} bits per weight, all in one {total:.3f}")
