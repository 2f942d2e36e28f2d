"""The command distance."""

import json

import pytest

HAMMING = "1010101\n0110011\n0001111\n"


def test_a_code_and_its_logicals(xoropt_command, tmp_path):
    (tmp_path / "h.txt").write_text(HAMMING)
    (tmp_path / "l.txt").write_text("1111111\n")
    status, out, err = xoropt_command("distance", tmp_path / "h.txt")
    assert (status, err) == (0, "")
    assert out.startswith("distance 3 (proved)")
    status, out, _ = xoropt_command("distance", tmp_path / "h.txt", "--logicals", tmp_path / "l.txt", "--json")
    figures = json.loads(out)
    assert (figures["distance"], figures["proved"], figures["logical"], len(figures["word"])) == (3, True, 0, 3)


def test_the_distance_of_a_circuit(xoropt_command, tmp_path):
    stim = pytest.importorskip("stim", reason="error models need Stim")
    circuit = stim.Circuit.generated(
        "repetition_code:memory", distance=5, rounds=3, before_round_data_depolarization=0.01
    )
    circuit.detector_error_model().to_file(tmp_path / "r.dem")
    status, out, _ = xoropt_command("distance", tmp_path / "r.dem")
    assert status == 0
    assert out.startswith("distance 5 (proved)")


def test_files_without_a_matrix(xoropt_command, tmp_path):
    (tmp_path / "p.cnf").write_text("p cnf 2 1\nx1 2 0\n")
    status, out, err = xoropt_command("distance", tmp_path / "p.cnf")
    assert (status, out) == (1, "")
    assert "holds no parity-check matrix; name a .mtx" in err


def test_a_model_without_observables(xoropt_command, tmp_path):
    pytest.importorskip("stim", reason="error models need Stim")
    (tmp_path / "m.dem").write_text("error(0.1) D0\n")
    status, out, err = xoropt_command("distance", tmp_path / "m.dem")
    assert (status, out) == (1, "")
    assert "m.dem: no error flips an observable; name the logicals with '--logicals'" in err
