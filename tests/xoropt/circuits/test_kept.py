"""The kept circuits: each computes its matrix with the gates and the depth that its file and the table claim."""

import csv
import itertools
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

PUBLISHED = {
    (row["name"], row["max_depth"]): row["gates"]
    for row in csv.DictReader((DATA / "xor-matrices" / "published.csv").read_text().splitlines())
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
    """Each claim of a record or a tie follows from the file, the collection's count and the later ones."""
    table = (DATA / "circuits" / "README.md").read_text()
    for path in KEPT:
        circuit = read_circuit(path)
        row = next(line for line in table.splitlines() if line.startswith(f"| {path.stem} |"))
        cells = [cell.strip() for cell in row.split("|")][1:-1]
        name, _, bound = path.stem.partition(".depth")
        least = PUBLISHED.get((name, bound)) or RECORDS.get(path.stem, {}).get("best_xor")
        told, gates, standing, depth = (
            (cells[3], cells[5], cells[6], cells[7])
            if path.stem in RECORDS
            else (cells[1], cells[3], cells[4], cells[5])
        )
        assert (gates, depth) == (str(circuit.gates), str(circuit.depth))
        if path.stem in RECORDS:
            assert cells[2] == RECORDS[path.stem]["best_xor"]
        if least is not None:
            change = circuit.gates - int(least)
            assert told == least
            assert standing.startswith("**record**" if change < 0 else "tie" if change == 0 else "behind")


def test_at_most_two_of_the_collection_are_behind():
    least = {name: int(PUBLISHED.get((name, ""), record["best_xor"])) for name, record in RECORDS.items()}
    behind = [name for name in RECORDS if read_circuit(DATA / "circuits" / f"{name}.txt").gates > least[name]]
    assert len(behind) <= 2


def test_the_inverse_matrix_is_the_inverse():
    mix = read_matrix(DATA / "xor-matrices" / "Square+AES+Mugi.txt").astype(int)
    inverse = read_matrix(DATA / "xor-matrices" / "AES-inverse.txt").astype(int)
    assert (mix @ inverse % 2 == np.eye(32)).all()


def rank(matrix):
    """The rank over GF(2)."""
    rows = [int("".join("01"[int(bit)] for bit in row), 2) for row in matrix]
    found = 0
    while rows:
        row = rows.pop()
        if row:
            found += 1
            low = row & -row
            rows = [other ^ row if other & low else other for other in rows]
    return found


@pytest.mark.parametrize(("name", "bits", "gates"), [("KLSW17-M-4x4-GF16", 4, 32), ("KLSW17-M-4x4-GF256", 8, 64)])
def test_the_smallest_mds_circuits_are_mds(name, bits, gates):
    """A 4×4 matrix of blocks is MDS if and only if every square submatrix of blocks is nonsingular."""
    circuit = read_circuit(DATA / "circuits" / f"{name}.txt")
    assert circuit.gates == gates
    blocks = circuit.matrix().reshape(4, bits, 4, bits)
    for size in range(1, 5):
        for rows in itertools.combinations(range(4), size):
            for columns in itertools.combinations(range(4), size):
                minor = blocks[list(rows)][:, :, list(columns)].reshape(size * bits, size * bits)
                assert rank(minor) == size * bits, (rows, columns)


def test_the_branch_number_at_four_bits_is_five():
    """By brute force: no nonzero input has fewer than five nonzero words of four bits in it and in its output."""
    circuit = read_circuit(DATA / "circuits" / "KLSW17-M-4x4-GF16.txt")
    inputs = np.arange(1, 1 << 16)
    bits = (inputs >> np.arange(16)[:, None] & 1).astype(bool)
    outputs = circuit.evaluate(bits)
    active = [side.reshape(4, 4, -1).any(axis=1).sum(axis=0) for side in (bits, outputs)]
    assert (active[0] + active[1]).min() == 5
