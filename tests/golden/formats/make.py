"""Make the fixtures of this folder with the libraries that are installed; see README.md.

PYTHONPATH=tests python tests/golden/formats/make.py CASE ...
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import compressed_tensors
import torch
from foreign_checkpoints import CASES
from safetensors.torch import save_file

ROWS, COLUMNS = 32, 64

if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        try:
            tensors, config, expected = CASES[name](ROWS, COLUMNS)
        except ImportError as error:
            print(f"{name}: {error}")
            continue
        tensors = {key: value.contiguous() for key, value in tensors.items()}
        tensors |= {f"expected/{key}": value.contiguous() for key, value in expected.items()}
        release = compressed_tensors.__version__
        writer = f"compressed-tensors {release}, torch {torch.__version__}, transformers {version('transformers')}"
        path = Path(__file__).with_name(f"{name}@{release}.safetensors")
        save_file(tensors, path, {"config": json.dumps(config), "writer": writer})
        print(f"{path.name}: {path.stat().st_size} bytes")
