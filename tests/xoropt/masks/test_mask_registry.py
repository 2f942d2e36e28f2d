"""Codecs of other packages: registered, or found through entry points."""

import numpy as np
import pytest
from safetensors.numpy import save_file

import xoropt
from xoropt import CompressConfig
from xoropt.common.errors import DecodeError
from xoropt.masks import CODECS, MaskCodec, MaskPlan, decode_mask, encode_mask, register, registry

MODULE = """
import numpy as np
from xoropt.masks import MaskCodec, MaskPlan

def plan(mask):
    columns = mask.reshape(len(mask), -1)
    return MaskPlan.of_parts({"mask": np.packbits(columns[0])}) if (columns == columns[0]).all() else None

def decode(parts, shape, size, first, stop):
    return np.unpackbits(parts["mask"])[np.arange(first, stop) % (size // shape[0])].astype(bool)

CODEC = MaskCodec(plan, decode)
WRONG = "no codec"
"""


def plan(mask):
    """Plan a mask whose rows are all the same: one bit for each column."""
    matrix = mask.reshape(len(mask), -1)
    return MaskPlan.of_parts({"mask": np.packbits(matrix[0])}) if (matrix == matrix[0]).all() else None


def decode(parts, shape, size, first, stop):
    columns = size // shape[0]
    if parts["mask"].shape != (-(-columns // 8),):
        raise DecodeError("the mask of columns does not fit the shape")
    return np.unpackbits(parts["mask"])[np.arange(first, stop) % columns].astype(bool)


COLUMNS = MaskCodec(plan, decode)


@pytest.fixture
def codecs(monkeypatch):
    """The registry, which gets back its contents afterwards."""
    before = dict(CODECS)
    yield CODECS
    CODECS.clear()
    CODECS.update(before)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package that offers the codecs `columns`, `bitmap` and, by mistake, something else."""
    folder = tmp_path / "plugin"
    info = folder / "example-1.dist-info"
    info.mkdir(parents=True)
    (folder / "column_masks.py").write_text(MODULE)
    (info / "METADATA").write_text("Name: example\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[xoropt.masks]\ncolumns = column_masks:CODEC\nbitmap = column_masks:CODEC\nwrong = column_masks:WRONG\n"
    )
    monkeypatch.syspath_prepend(folder)
    registry._installed.cache_clear()
    yield
    registry._installed.cache_clear()


@pytest.fixture
def mask():
    """Columns that are kept or pruned as a whole, in no order that another codec stores as well."""
    return np.tile(np.random.default_rng(0).random(100) < 0.3, (50, 1))


def test_a_registered_codec_is_taken_by_name(codecs, mask):
    register("columns", COLUMNS)
    name, parts = encode_mask(mask, "columns")
    assert (name, parts["mask"].nbytes) == ("columns", 13)
    assert (decode_mask(name, parts, mask.shape, mask.size) == mask).all()
    assert (decode_mask(name, parts, mask.shape, mask.size, slice(7, 9)) == mask[7:9]).all()
    with pytest.raises(xoropt.ArgumentError, match="'columns' cannot hold this mask; 'auto' takes"):
        encode_mask(np.eye(10, dtype=bool), "columns")


@pytest.mark.parametrize("choice", ["auto", "smallest"])
def test_a_registered_codec_is_taken_where_it_stores_least(codecs, mask, choice):
    assert encode_mask(mask, choice)[0] != "columns"
    register("columns", COLUMNS)
    assert encode_mask(mask, choice)[0] == "columns"
    assert encode_mask(np.eye(10, dtype=bool), choice)[0] != "columns"


def test_a_registered_codec_stores_and_reads_tensors(codecs, mask, tmp_path):
    register("columns", COLUMNS)
    weights = np.where(mask, np.random.default_rng(1).choice([1.0, -1.0], mask.shape), 0).astype(np.float32)
    model = xoropt.compress({"w": weights})
    assert model.tensors["w"].mask_codec == "columns"
    xoropt.save(model, tmp_path / "model")
    assert (xoropt.decompress(tmp_path / "model")["w"] == weights).all()
    for decoder in ("numpy", "compiled"):
        assert (xoropt.decompress_tensor(model.tensors["w"], decoder, rows=slice(3, 20)) == weights[3:20]).all()
    del codecs["columns"]
    with pytest.raises(xoropt.FormatError, match="'w': the mask codec 'columns' is not known"):
        xoropt.decompress(tmp_path / "model")


def test_a_name_is_given_once(codecs):
    with pytest.raises(xoropt.ArgumentError, match="'name' must be new; the mask codec 'bitmap' exists already"):
        register("bitmap", COLUMNS)
    register("columns", COLUMNS)
    with pytest.raises(xoropt.ArgumentError, match="the mask codec 'columns' exists already"):
        register("columns", COLUMNS)


def test_an_installed_codec_is_taken_by_name_alone(installed, mask):
    assert "columns" not in CODECS
    name, parts = encode_mask(mask, "columns")
    assert (name, parts["mask"].nbytes) == ("columns", 13)
    assert (decode_mask(name, parts, mask.shape, mask.size) == mask).all()
    for choice in ("auto", "smallest"):
        assert encode_mask(mask, choice)[0] in CODECS


def test_an_installed_codec_never_replaces_one_of_this_package(installed, mask):
    assert encode_mask(mask, "bitmap")[1]["mask"].nbytes == 625


def test_what_is_installed_must_be_a_codec(installed, mask):
    with pytest.raises(xoropt.ArgumentError, match=r"'wrong' of group .* must be an xoropt\.masks\.MaskCodec, not str"):
        encode_mask(mask, "wrong")


def test_an_unknown_name_lists_what_is_installed(installed):
    with pytest.raises(xoropt.ArgumentError, match="low_rank, entropy, columns, wrong, not 'rle'"):
        CompressConfig(mask="rle")


def test_the_command_takes_installed_codecs(installed, mask, tmp_path, xoropt_command):
    save_file({"w": mask.astype(np.float32), "v": np.eye(40, dtype=np.float32)}, tmp_path / "in")
    options = ("--mask", "columns", "--include", "w")
    status, _, err = xoropt_command("compress", tmp_path / "in", tmp_path / "out.safetensors", *options)
    assert (status, err) == (0, "")
    assert xoropt.load(tmp_path / "out.safetensors").tensors["w"].mask_codec == "columns"
    assert xoropt_command("verify", tmp_path / "in", tmp_path / "out.safetensors")[0] == 0
    for options, expected, word in (
        (("--mask", "columns"), 1, "'v': The mask codec 'columns' cannot hold this mask"),
        (("--mask", "rle"), 2, "'--mask' must be one of auto, smallest, bitmap"),
        (("--mask", "wrong"), 2, "must be an xoropt.masks.MaskCodec"),
    ):
        status, out, err = xoropt_command("compress", tmp_path / "in", tmp_path / "new", *options)
        assert (status, out, err.count("\n")) == (expected, "", 1)
        assert word in err
        assert not (tmp_path / "new").exists()
