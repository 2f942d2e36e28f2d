"""The kept circuits: each computes its matrix with the gates and the depth that its file and the table claim."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from xoropt.circuits import read_circuit, read_matrix

DATA = Path(__file__).resolve().parents[3] / "benchmarks" / "data"
KEPT = sorted((DATA / "circuits").glob("*.txt"))
RECORDS = {
    row["name"]: row for row in csv.DictReader((DATA / "xor-matrices" / "best-known.csv").read_text().splitlines())
}


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_kept_circuit(path):
    circuit = read_circuit(path)
    name, _, bound = path.stem.partition(".depth")
    assert circuit.verify(read_matrix(DATA / "xor-matrices" / f"{name}.txt"))
    claim = re.match(r"# .*: (\d+) gates, depth (\d+)\n", path.read_text())
    assert (circuit.gates, circuit.depth) == (int(claim[1]), int(claim[2]))
    assert circuit.max_inputs == 2
    if bound:
        assert circuit.depth <= int(bound)


def test_the_aes_circuit_multiplies_columns():
    """Against the arithmetic of FIPS 197 itself, not the matrix file."""

    def double(byte):
        return (byte << 1) ^ (0x11B if byte & 0x80 else 0)

    circuit = read_circuit(DATA / "circuits" / "Square+AES+Mugi.txt")
    columns = np.random.default_rng(0).integers(0, 256, (500, 4), dtype=np.uint8)
    bits = np.unpackbits(columns, axis=1, bitorder="little").T.astype(bool)
    mixed = np.packbits(circuit.evaluate(bits).T, axis=1, bitorder="little")
    for column, result in zip(columns.tolist(), mixed.tolist(), strict=True):
        turned = [column[i:] + column[:i] for i in range(4)]
        assert result == [double(a) ^ double(b) ^ b ^ c ^ d for a, b, c, d in turned]


def test_the_matrices_are_those_of_the_record():
    assert len(RECORDS) == 45
    for name, record in RECORDS.items():
        matrix = read_matrix(DATA / "xor-matrices" / f"{name}.txt")
        assert matrix.shape == (int(record["rows"]), int(record["columns"]))
        assert matrix.sum() - len(matrix) == int(record["naive_xor"])


def test_the_table_says_what_the_files_hold():
    table = (DATA / "circuits" / "README.md").read_text()
    for path in KEPT:
        circuit = read_circuit(path)
        row = next(line for line in table.splitlines() if line.startswith(f"| {path.stem} |"))
        cells = [cell.strip() for cell in row.split("|")]
        if ".depth" in path.stem:
            assert cells[2:4] == [str(circuit.gates), str(circuit.depth)]
        else:
            assert (cells[3], cells[4]) == (RECORDS[path.stem]["best_xor"], str(circuit.gates))
