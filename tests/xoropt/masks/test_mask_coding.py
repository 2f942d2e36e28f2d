"""Every codec is exact on every mask it takes and stores what it planned; the choices take the least."""

import numpy as np
import pytest
from hypothesis import given
from mask_examples import masks

import xoropt
from xoropt.masks import CODECS, MaskPlan, decode_mask, encode_mask, plan_mask, stored_bytes
from xoropt.masks.coding import encode_planned
from xoropt.masks.prefix import encoding

PLANNING = [name for name in CODECS if name != "low_rank"]  # which does not search for factors, and has its own tests
EXACTLY_PLANNED = {"bitmap", "full", "empty", "blocks", "n_of_m", "spans", "positions", "exceptions"}


def check(codec, mask):
    """Check that a codec gives a mask back and takes the bytes that it planned; return whether it can hold the mask."""
    plan = CODECS[codec].plan(mask)
    parts = CODECS[codec].encode(mask)
    if plan is None:
        assert parts is None
        return False
    assert plan.least_bytes <= stored_bytes(parts)
    assert codec not in EXACTLY_PLANNED or plan.least_bytes == stored_bytes(parts)
    assert all(part.dtype == np.uint8 and part.ndim == 1 for part in parts.values())
    back = decode_mask(codec, parts, mask.shape, mask.size)
    assert (back.dtype, back.shape) == (bool, mask.shape)
    assert (back == mask).all()
    if mask.ndim:
        for a, b in ((0, mask.shape[0]), (mask.shape[0] // 3, mask.shape[0] // 2)):
            some = decode_mask(codec, parts, mask.shape, mask.size, slice(a, b))
            assert some.shape == mask[a:b].shape
            assert (some == mask[a:b]).all()
    return True


@pytest.mark.parametrize("codec", PLANNING)
@given(mask=masks())
def test_masks_come_back_and_take_what_was_planned(codec, mask):
    check(codec, mask)


@pytest.mark.parametrize("shape", [(40, 24), (17, 5, 9), (700,)])
@pytest.mark.parametrize("density", [0.01, 0.3, 0.9])
def test_prefix_masks_come_back_and_take_what_was_planned(shape, density):
    assert check("prefix", np.random.default_rng(0).random(shape) < density)


@pytest.mark.parametrize("codec", ["prefix", "entropy"])
@pytest.mark.parametrize("density", [0.02, 0.1, 0.5])
def test_bounds_are_near_what_is_stored(codec, density):
    mask = np.random.default_rng(1).random((512, 1024)) < density
    plan = CODECS[codec].plan(mask)
    assert plan.least_bytes <= stored_bytes(plan.encode(1, "normal")) <= 1.02 * plan.least_bytes + 64


def least(mask, names):
    """What the codec stores that takes the least, found by encoding with all of them; of equals, the first one."""
    encoded = [(name, parts) for name in names if (parts := CODECS[name].encode(mask)) is not None]
    return min(encoded, key=lambda pair: stored_bytes(pair[1]))


def check_choices(mask):
    """Check that "auto" and "smallest" take what encoding with every codec would have found.

    The codec of deltas may be passed over where that costs little.
    """
    chosen = {
        "auto": [name for name, codec in CODECS.items() if codec.random_access],
        "smallest": list(CODECS),
    }
    for choice, names in chosen.items():
        name, parts = encode_mask(mask, choice)
        expected, expected_parts = least(mask, names)
        if expected == "deltas" != name:
            missed = stored_bytes(parts) - stored_bytes(expected_parts)
            assert missed < max(64, 0.05 * stored_bytes(parts))
            expected, expected_parts = least(mask, [other for other in names if other != "deltas"])
        assert name == expected
        assert parts.keys() == expected_parts.keys()
        assert all((part == expected_parts[key]).all() for key, part in parts.items())


@pytest.mark.slow
@given(masks())
def test_choices_take_the_least(mask):
    check_choices(mask)


@pytest.mark.parametrize("density", [0.0, 0.001, 0.05, 0.5, 1.0])
def test_choices_take_the_least_of_random_masks(density):
    check_choices(np.random.default_rng(2).random((90, 100)) < density)


@given(masks())
def test_a_codec_that_cannot_hold_a_mask_is_replaced_or_refused(mask):
    if mask.all() or not mask.any():
        assert set(plan_mask(mask, "low_rank")) <= {"full", "empty"}
    else:
        with pytest.raises(xoropt.ArgumentError, match="'low_rank' cannot hold this mask; 'auto' takes "):
            plan_mask(mask, "low_rank")


def test_auto_plans_the_prefix_codec_without_encoding_it(monkeypatch):
    mask = np.random.default_rng(3).random((256, 256)) < 0.5
    monkeypatch.setattr(encoding, "encode_groups", lambda *_: pytest.fail("the prefix codec was encoded"))
    plans = plan_mask(mask)
    assert plans["prefix"].least_bytes > plans["bitmap"].least_bytes
    assert encode_mask(mask)[0] == "bitmap"


def test_only_codecs_that_can_win_are_encoded():
    encoded = []

    def plan(name, least_bytes, stored):
        return MaskPlan(least_bytes, lambda jobs, effort: encoded.append(name) or {"mask": np.zeros(stored, np.uint8)})

    plans = {"a": plan("a", 10, 10), "b": plan("b", 7, 12), "c": plan("c", 9, 9), "d": plan("d", 9, 9)}
    name, parts = encode_planned(plans)
    assert (name, len(parts["mask"])) == ("c", 9)
    assert encoded == ["b", "c"]


def test_unknown_codecs():
    with pytest.raises(xoropt.ArgumentError, match="'mask' must be one of auto, smallest, bitmap"):
        encode_mask(np.ones(3, bool), "rle")
    with pytest.raises(xoropt.DecodeError, match="'rle' is not known"):
        decode_mask("rle", {}, (3,), 3)


@pytest.mark.parametrize("codec", [name for name in CODECS if name not in ("full", "empty", "low_rank")])
def test_damaged_parts_are_refused_or_give_some_mask(codec):
    rng = np.random.default_rng(3)
    mask = (rng.random((16, 8, 4)).argsort(axis=-1) < 2).reshape(16, 32)
    if codec == "blocks":
        mask = np.repeat(mask, 2, axis=0)
    elif codec == "positions":
        mask &= rng.random(mask.shape) < 0.2
    elif codec == "exceptions":
        mask[3, :5] ^= True
    elif codec == "spans":
        mask = np.arange(32) < rng.integers(0, 32, (16, 1))
    elif codec == "within":
        mask[::3] = False
    parts = CODECS[codec].encode(mask, 1)
    refused = 0
    for _ in range(300):
        name = [*parts][rng.integers(len(parts))]
        damaged = parts[name].copy()
        damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        cut = damaged[: rng.integers(len(damaged) + 1)] if rng.random() < 0.5 else damaged
        try:
            assert decode_mask(codec, parts | {name: cut}, mask.shape, mask.size).shape == mask.shape
        except xoropt.DecodeError:
            refused += 1
    assert refused > 100
