"""Files of other kinds: recognized by their first bytes, and named with what to do about them."""

import re
import zipfile
from pathlib import Path

from xoropt_solvers.absent import reason_of_reading

from xoropt.common.errors import FormatError, XoroptError

__all__ = ["FOREIGN_SUFFIXES", "check_folder_suffix", "check_suffix", "is_npz", "kind_of", "refuse_other_kinds"]

HEAD = 4096
"""Bytes from the beginning of a file that tell its kind."""

LOAD_TORCH = (
    "where it is trusted, compress its tensors: xoropt.save(xoropt.compress(torch.load(FILE, weights_only=True)), "
    "'small.safetensors'); of a whole model: safetensors.torch.save_model(torch.load(FILE, weights_only=False), "
    "'model.safetensors')"
)
STARTS: tuple[tuple[bytes, str], ...] = (
    (
        b"GGUF",
        "is a GGUF file, which llama.cpp reads; get the safetensors files that it was made from",
    ),
    (b"GGML", "is a GGML file of llama.cpp; get the safetensors files that it was made from"),
    (b"lmgg", "is an old GGML file of llama.cpp; get the safetensors files that it was made from"),
    (b"tjgg", "is an old GGML file of llama.cpp; get the safetensors files that it was made from"),
    (b"fmgg", "is an old GGML file of llama.cpp; get the safetensors files that it was made from"),
    (b"MATLAB 5.0 MAT-file", "is a MATLAB file; save its arrays as .npz: numpy.savez(FILE, **scipy.io.loadmat(FILE))"),
    (b"SQLite format 3", "is an SQLite database; name a safetensors or .npz file"),
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file (Keras, h5py); read its arrays and save them as .npz or safetensors"),
    (b"\x93NUMPY", "is a .npy file of one array without a name; save it as .npz: numpy.savez(FILE, weight=array)"),
    (b"version https://git-lfs", "is a pointer of Git LFS, not the file itself; run 'git lfs pull' in its repository"),
    (b"\x1f\x8b", "is compressed by gzip; unpack it first: gunzip"),
    (b"\x28\xb5\x2f\xfd", "is compressed by zstd; unpack it first: zstd -d"),
    (b"\xfd7zXZ\x00", "is compressed by xz; unpack it first: unxz"),
    (b"BZh", "is compressed by bzip2; unpack it first: bunzip2"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it first and name the file within"),
    (b"Rar!\x1a\x07", "is a RAR archive; unpack it first and name the file within"),
    (b"\x04\x22\x4d\x18", "is compressed by lz4; unpack it first: unlz4"),
    (b"FEA1", "is a Feather table; name a safetensors or .npz file"),
    (b"\0asm", "is a program; name a safetensors or .npz file"),
    (b"MZ", "is a program; name a safetensors or .npz file"),
    (b"\xff\xd8\xff", "is a picture; name a safetensors or .npz file"),
    (b"PAR1", "is a Parquet table; name a safetensors or .npz file"),
    (b"ARROW1", "is an Arrow table; name a safetensors or .npz file"),
    (b"%PDF", "is a PDF document; name a safetensors or .npz file"),
    (b"\x7fELF", "is a program; name a safetensors or .npz file"),
    (b"\x89PNG", "is a picture; name a safetensors or .npz file"),
)
"""What files of other kinds begin with, and what is said of them."""
FLATBUFFERS = {b"TFL3": "is a TensorFlow Lite file (.tflite); export the model's weights as safetensors or .npz"}
"""Marks at byte 4 of the file."""
FOREIGN_SUFFIXES = {
    ".npz": "NumPy's",
    ".npy": "NumPy's",
    ".pt": "PyTorch's",
    ".pth": "PyTorch's",
    ".ckpt": "PyTorch's",
    ".bin": "PyTorch's",
    ".pkl": "pickle's",
    ".pickle": "pickle's",
    ".gguf": "llama.cpp's",
    ".h5": "HDF5's",
    ".hdf5": "HDF5's",
    ".keras": "Keras's",
    ".onnx": "ONNX's",
    ".tflite": "TensorFlow Lite's",
    ".pb": "TensorFlow's",
    ".msgpack": "Flax's",
    ".mat": "MATLAB's",
    ".zip": "an archive's",
    ".tar": "an archive's",
    ".gz": "an archive's",
    ".xz": "an archive's",
    ".zst": "an archive's",
    ".json": "a text's",
    ".txt": "a text's",
    ".csv": "a text's",
}
"""Ends of names that other programs take for another format, and whose they are."""


TENSOR_SUFFIXES = (".safetensors", ".npz")
"""Ends of the names of files of tensors that are read here."""


def is_npz(path: Path) -> bool:
    """Tell whether a file is an archive of NumPy arrays, whatever its name.

    Raises:
        XoroptError: the file cannot be read.
    """
    if not _head(path).startswith(b"PK"):
        return False
    names = _members(path)
    return all(name.endswith(".npy") for name in names) if names else path.suffix == ".npz"


def refuse_other_kinds(path: Path) -> None:
    """Refuse a file that is of another kind.

    Raises:
        FormatError: it is; the message says of which kind, and what to do.
        XoroptError: the file cannot be read.
    """
    kind = kind_of(path)
    if kind is not None:
        raise FormatError(f"{path}: {kind}.")


def kind_of(path: Path) -> str | None:
    """Name the kind of a file that is no safetensors file, with what to do, as the end of a message.

    Returns:
        None for a safetensors file, and for what is none of the kinds that are known here.

    Raises:
        XoroptError: the file cannot be read.
    """
    head = _head(path)
    if not head:
        return "is empty; get the file again"
    if head[8:9] == b"{" and not head[4:8].strip(b"\0"):
        return None  # a safetensors file: the length of its header, below 4 GiB, and then the header
    for start, kind in STARTS:
        if head.startswith(start):
            return kind
    if not head.strip(b"\0"):
        return "holds nothing but zeros where it begins, as of a download that was not finished; get the file again"
    if head[512:520] == b"\x89HDF\r\n\x1a\n":  # behind another program's block
        return dict(STARTS)[head[512:520]]
    if head[4:8] in FLATBUFFERS:
        return FLATBUFFERS[head[4:8]]
    if head.startswith(b"PK"):
        return _kind_of_archive(path)
    if head[257:262] == b"ustar":
        return "is a tar archive; unpack it first and name the file within"
    if re.match(rb"\x80[\x02-\x05][^\x00]", head):
        return f"is a pickle (PyTorch's old format, or another program's), which can run code; {LOAD_TORCH}"
    if re.match(rb"(?:\(dp0?\n|\(lp0?\n|[\]}]q\x00|\(c[a-z_]+\n|c[a-z_.]+\n[A-Za-z_]+\n)", head):
        return f"is a pickle of an old protocol, which can run code; {LOAD_TORCH}"
    if re.match(rb"[\x81-\x8f](?:[\xa1-\xbf][a-z_]|\xd9.[a-z_])", head):
        return "is a MessagePack file, as Flax writes them; save its arrays as .npz or safetensors"
    if _is_onnx(head):
        return "is an ONNX file; export the model's weights as safetensors or .npz"
    return _kind_of_text(head)


def check_suffix(path: Path) -> None:
    """Refuse an output whose name other programs take for another format: what is written is a safetensors file.

    Raises:
        XoroptError: its name ends in one of `FOREIGN_SUFFIXES`.
    """
    owner = FOREIGN_SUFFIXES.get(path.suffix.lower())
    if owner is not None:
        raise XoroptError(
            f"{path}: the end '{path.suffix}' is {owner}, and a safetensors file is written; name it "
            f"'{path.with_suffix('.safetensors').name}'."
        )


def check_folder_suffix(path: Path) -> None:
    """Refuse a folder to be written that has the name of a file of tensors.

    Raises:
        XoroptError: its name ends in .safetensors or .npz.
    """
    if path.suffix.lower() in TENSOR_SUFFIXES:
        raise XoroptError(
            f"{path}: has the name of a file, and a folder is written; name it '{path.with_suffix('').name}'."
        )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise XoroptError(f"{path}: {reason_of_reading(error, path)}.") from None


def _members(path: Path) -> list[str]:
    """List the files of an archive; none where it can't be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except Exception:  # a damaged archive can raise almost anything
        return []


def _kind_of_archive(path: Path) -> str:
    names = _members(path)
    if names and all(name.endswith(".npy") for name in names):
        return "is a .npz file of plain arrays, not a readable safetensors file; compress it first: 'xoropt compress'"
    if any(name.endswith("data.pkl") for name in names) or (not names and path.suffix != ".npz"):
        return f"is a zip archive, as PyTorch (pytorch, torch.save) writes them; {LOAD_TORCH}"
    if not names:
        return "is a zip archive that is cut short or damaged; get the file again"
    if any(name in ("model.weights.h5", "config.json") for name in names) and path.suffix == ".keras":
        return "is a Keras file; save the arrays of model.get_weights() as .npz"
    return f"is a zip archive of {len(names)} files; unpack it first and name the file within"


def _is_onnx(head: bytes) -> bool:
    """ONNX begins with the version of its format, a small number, and then the name of the program or an operator."""
    return bool(re.match(rb"\x08[\x01-\x20](\x12[\x01-\x7f][\x20-\x7e]|[\x1a\x22\x3a\x42])", head))


def _kind_of_text(head: bytes) -> str | None:
    """Name the kind of a text, which begins with eight printable characters; a safetensors file has a length there."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is a text in UTF-16, not a readable safetensors file; name a safetensors or .npz file"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    low = text[:512].lower()
    if low.startswith((b"<!doctype html", b"<html")) or b"<html" in low[:256]:
        return "is an HTML page, probably of a download that failed; get the file again"
    if low.startswith(b"<?xml"):
        return "is an XML text, probably of a download that failed; get the file again"
    if text[:1] in (b"{", b"[") and not text[:8].count(b"\x00"):
        if b'"weight_map"' in text:
            shard = re.search(rb'"([^"\\]{1,200}\.safetensors)"', text)
            example = f", e.g. {shard[1].decode(errors='replace')}" if shard else ""
            return f"is the index of a sharded model; name its folder, or one of its files{example}"
        return "is a JSON text; name a safetensors or .npz file"
    if len(text) >= 8 and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in text[:64]):
        return "is a text, not a readable safetensors file; name a safetensors or .npz file"
    return None
