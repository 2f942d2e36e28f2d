"""Formats of decoders: parity-check matrices with syndromes, written and read by others' programs too."""

import re

import numpy as np
import pytest
from hypothesis import given
from parity_problems import dense, least_cost, problems
from xoropt_solvers import FileFormatError, InvalidInputError, ParityProblem, formats, solve
from xoropt_solvers.formats.error_model import error_model
from xoropt_solvers.formats.model_sizes import too_large
from xoropt_solvers.formats.registry import FORMATS
from xoropt_solvers.parity_checks import dense_checks

HAMMING = np.array([[1, 0, 1, 0, 1, 0, 1], [0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1, 1]], dtype=bool)
MACKAY = """7 3
3 4
1 1 2 1 2 2 3
4 4 4
1 0 0
2 0 0
1 2 0
3 0 0
1 3 0
2 3 0
1 2 3
1 3 5 7
2 3 6 7
4 5 6 7
"""
CHALLENGE = (
    "# n\n7\n# k\n4\n# seed\n0\n# w\n1\n# H^transpose (identity omitted)\n110\n101\n011\n111\n# s^transpose\n111\n"
)


def matrix(path, **given):
    problem = formats.read_problem(path, **given)
    return dense_checks(problem.checks), problem.checks.syndrome


@pytest.mark.parametrize("suffix", [".npz", ".alist", ".mtx", ".dem", ".opb"])
@given(problem=problems(max_k=9, max_n=5, weighted=False))
def test_the_minimum_survives_every_format(tmp_path_factory, suffix, problem):
    folder = tmp_path_factory.mktemp("f")
    pytest.importorskip({".dem": "stim", ".mtx": "scipy"}.get(suffix, "numpy"), reason=f"{suffix} needs it")
    formats.write_problem(problem, folder / f"p{suffix}")
    again = formats.read_problem(folder / f"p{suffix}")
    assert solve(again).cost / again.scale == pytest.approx(least_cost(problem), abs=0.01)


@given(problem=problems(max_k=9, max_n=5, weighted=True, fixed=True))
def test_weights_and_fixed_bits_survive_opb(tmp_path_factory, problem):
    path = tmp_path_factory.mktemp("f") / "p.opb"
    formats.write_problem(problem, path)
    assert solve(formats.read_problem(path)).cost == least_cost(problem)


@pytest.mark.parametrize("suffix", [".npz", ".cnf", ".wcnf", ".opb"])
def test_hard_rows_survive(tmp_path, suffix):
    problem = ParityProblem([[1, 0], [0, 1], [1, 1]], [1, 1, 1], [1, 1, 5], hard=[0, 1])
    formats.write_problem(problem, tmp_path / f"p{suffix}")
    if suffix == ".wcnf":
        from pysat.examples.rc2 import RC2
        from pysat.formula import WCNF

        with RC2(WCNF(from_file=str(tmp_path / "p.wcnf"))) as engine:
            engine.compute()
            assert engine.cost == 5
    else:
        assert solve(formats.read_problem(tmp_path / f"p{suffix}")).cost == 5


def test_a_maxsat_solver_reads_the_wcnf_of_2022(tmp_path):
    from pysat.examples.rc2 import RC2
    from pysat.formula import WCNF

    problem = dense(14, 5, 3)
    formats.write_wcnf(problem, tmp_path / "p.wcnf", form="2022")
    assert (tmp_path / "p.wcnf").read_text().startswith("h ")
    with RC2(WCNF(from_file=str(tmp_path / "p.wcnf"))) as engine:
        engine.compute()
        assert engine.cost == least_cost(problem)
    with pytest.raises(InvalidInputError, match="'form' must be 'old' or '2022'"):
        formats.write_wcnf(problem, tmp_path / "p.wcnf", form="2021")


def test_mackays_lists_and_those_without_zeros(tmp_path):
    (tmp_path / "a.alist").write_text(MACKAY)
    (tmp_path / "b.alist").write_text("\n".join(line.replace(" 0", "") for line in MACKAY.splitlines()))
    for name in ("a", "b"):
        H, s = matrix(tmp_path / f"{name}.alist", syndrome=[1, 0, 1])
        assert (H == HAMMING).all()
        assert s.tolist() == [True, False, True]
        assert solve(formats.read_problem(tmp_path / f"{name}.alist", syndrome=[1, 0, 1])).mismatches.tolist() == [4]


@pytest.mark.filterwarnings("ignore:The default value for `spmatrix`:DeprecationWarning")
def test_scipy_and_we_read_each_others_matrices(tmp_path):
    pytest.importorskip("scipy", reason="Matrix Market needs SciPy")
    import scipy.io
    import scipy.sparse

    formats.write_problem(ParityProblem.from_checks(HAMMING, [1, 0, 0]), tmp_path / "a.mtx")
    assert (scipy.io.mmread(tmp_path / "a.mtx").toarray() == HAMMING).all()
    assert (tmp_path / "a.syndrome").read_text() == "100\n"
    for convert in (scipy.sparse.csr_matrix, scipy.sparse.csc_array):
        scipy.sparse.save_npz(tmp_path / "b.npz", convert(HAMMING.astype(np.uint8)))
        (tmp_path / "b.syndrome").write_text("0 1 1\n")
        H, s = matrix(tmp_path / "b.npz")
        assert (H == HAMMING).all()
        assert s.tolist() == [False, True, True]
    scipy.io.mmwrite(tmp_path / "c.mtx", scipy.sparse.coo_array(HAMMING.astype(np.int64)))
    assert (matrix(tmp_path / "c.mtx", syndrome=np.ones(3, int))[0] == HAMMING).all()


def test_a_challenge(tmp_path):
    (tmp_path / "c.txt").write_text(CHALLENGE)
    H, s = matrix(tmp_path / "c.txt")
    assert (H == [[1, 0, 0, 1, 1, 0, 1], [0, 1, 0, 1, 0, 1, 1], [0, 0, 1, 0, 1, 1, 1]]).all()
    assert s.all()
    assert solve(formats.read_problem(tmp_path / "c.txt")).mismatches.tolist() == [6]


def test_many_syndromes_are_many_problems(tmp_path):
    np.savez(tmp_path / "h.npz", H=HAMMING, syndromes=np.eye(3, dtype=int), priors=[0.1] * 6 + [0.0])
    found = formats.read_problems(tmp_path / "h.npz")
    assert [solve(problem).mismatches.tolist() for problem in found] == [[0], [1], [3]]
    assert found[0].hard.tolist() == [False] * 6 + [True]
    for shot in (None, 4):
        with pytest.raises(FileFormatError, match=r"h\.npz: holds 3 syndromes, each a problem; name one by its number"):
            formats.read_problem(tmp_path / "h.npz", shot=shot)
    assert solve(formats.read_problem(tmp_path / "h.npz", shot=3)).mismatches.tolist() == [3]
    (tmp_path / "shots.01").write_text("100\n010\n")
    with pytest.raises(FileFormatError, match=r"shots\.01: holds 2 syndromes"):
        formats.read_problem(tmp_path / "h.npz", tmp_path / "shots.01")


def test_a_stim_model(tmp_path):
    stim = pytest.importorskip("stim", reason="error models need Stim")
    circuit = stim.Circuit.generated(
        "surface_code:rotated_memory_x", distance=3, rounds=3, after_clifford_depolarization=0.01
    )
    model = circuit.detector_error_model(decompose_errors=True)
    model.to_file(tmp_path / "d3.dem")
    shots, _, errors = model.compile_sampler(seed=1).sample(5, return_errors=True)
    (tmp_path / "d3.syndrome").write_text("\n".join("".join(map(str, shot.astype(int))) for shot in shots))
    found = formats.read_problems(tmp_path / "d3.dem")
    assert len(found) == 5
    for problem, shot in zip(found, shots, strict=True):
        assert problem.checks.syndrome.tolist() == shot.tolist()
        assert problem.k <= errors.shape[1]
        solution = solve(problem, time_limit=20)
        assert solution.optimal


def test_errors_of_a_model_that_are_one(tmp_path):
    pytest.importorskip("stim", reason="error models need Stim")
    (tmp_path / "m.dem").write_text(
        "error(0.1) D0 D1 L0\nrepeat 2 {\nerror(0.2) D0 ^ D1 L0\n}\n"
        "error(0.3) D0 D1\nerror(0) D1\nerror(0.1) D0 D0 D1\n"
    )
    problem = formats.read_problem(tmp_path / "m.dem", syndrome=[1, 1])
    assert dense_checks(problem.checks).T.tolist() == [[True, True], [True, True], [False, True]]
    p = np.array([0.1 * 0.68 + 0.9 * 0.32, 0.3, 0.1])
    assert problem.weights / problem.scale == pytest.approx(np.log((1 - p) / p), abs=1.1 * problem.scale_error)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.alist",
            MACKAY,
            "holds a parity-check matrix without a syndrome; put one in a.syndrome beside it",
        ),
        ("a.alist", MACKAY.replace("4 5 6 7", "4 5 6"), "columns have a one in row 3, column 7, those of rows do not"),
        ("a.alist", "7 3\n3 4\n1 1\n4 4 4\n", "an alist of 7 columns and 3 rows has 14 lines"),
        ("a.alist", "7\n", "an alist begins with its numbers of columns and rows"),
        ("c.sd", CHALLENGE.replace("011\n", "01\n"), "line 12: must hold 3 zeros and ones, as the syndrome has"),
        ("c.sd", CHALLENGE.replace("# n\n7", "# n\n8"), "says n = 8, but H has 3 . 4 columns"),
        ("c.sd", "# n\n7\n", "has the sections H.transpose and s.transpose"),
        ("p.opb", "min: +1 x1 ;\n+1 x1 +1 x2 >= 1 ;\n", "line 2: must be a parity"),
        ("p.opb", "min: +1 x1 ;\n+1 x1 +1 x2 = 1 ;\n", None),
        ("p.opb", "+1 x1 +1 x2 +1 x3 = 1 ;\n", "line 1: is no parity of its variables"),
        ("p.opb", "min: -1 x1 ;\n+1 x1 = 1 ;\n", "the goal must have weights of at least 0"),
        ("p.lp", "Minimize\n", "this format is only written"),
    ],
)
def test_bad_files_are_told(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    if message is None:
        assert solve(formats.read_problem(tmp_path / name)).cost == 0
        return
    with pytest.raises(FileFormatError, match=message) as caught:
        formats.read_problem(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("error(0.1) L0\n", r"'error\(0.1\) L0' flips no detector: no syndrome tells it; remove it"),
        ("error(0.6) D0\n", "'priors' must hold probabilities from 0 to 0.5, not 0.6"),
        ("error(2) D0\n", "m.dem, line 1: "),
        ("nonsense\n", "m.dem, line 1: "),
    ],
)
def test_bad_models_are_told(tmp_path, content, message):
    pytest.importorskip("stim", reason="error models need Stim")
    (tmp_path / "m.dem").write_text(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        formats.read_problem(tmp_path / "m.dem", syndrome=[1])
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"H": HAMMING, "s": [1, 0]}, "has 3 checks, so that a syndrome has 3 bits, not 2"),
        ({"H": HAMMING, "s": [1, 0, 1], "weights": [1, 2]}, r"Array 'weights' must have shape \(7,\)"),
        ({"H": HAMMING, "s": [1, 0, 1], "priors": [0.7] * 7}, "'priors' must hold probabilities from 0 to 0.5"),
        ({"H": HAMMING, "s": [1, 0, 1], "priors": [0.1] * 7, "weights": [1] * 7}, "say the same twice"),
        ({"H": [[2, 1]], "s": [1]}, "'H' must hold only 0 and 1"),
        ({"format": b"coo", "shape": [1, 2], "indptr": [0, 1], "indices": [0]}, "must be stored by rows or columns"),
        ({"format": b"csr", "shape": [1, 2], "indptr": [0, 1], "indices": [5], "s": [1]}, "indices beyond its shape"),
    ],
)
def test_bad_arrays_are_told(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **{key: np.asarray(value) for key, value in arrays.items()})
    with pytest.raises(FileFormatError, match=message):
        formats.read_problem(tmp_path / "a.npz")


def test_bad_syndromes_are_told(tmp_path):
    (tmp_path / "a.alist").write_text(MACKAY)
    (tmp_path / "s").write_text("101\n10\n")
    with pytest.raises(FileFormatError, match="s, line 2: must hold 3 zeros and ones"):
        formats.read_problem(tmp_path / "a.alist", syndrome=tmp_path / "s")
    with pytest.raises(InvalidInputError, match="'syndrome' must hold zeros and ones"):
        formats.read_problem(tmp_path / "a.alist", syndrome=[2, 0, 1])
    formats.write_problem(dense(4, 2), tmp_path / "p.txt")
    with pytest.raises(FileFormatError, match="holds a whole problem, A and b, which no syndrome goes with"):
        formats.read_problem(tmp_path / "p.txt", syndrome=[1])


def test_what_a_format_cannot_hold(tmp_path):
    weighted = ParityProblem([[1], [1]], [1, 0], [2, 3])
    for suffix in (".alist", ".mtx"):
        with pytest.raises(InvalidInputError, match="has weights, which"):
            formats.write_problem(weighted, tmp_path / f"p{suffix}")
    hard = ParityProblem([[1], [1]], [1, 0], hard=[0])
    for suffix in (".alist", ".dem"):
        with pytest.raises(InvalidInputError, match="has hard rows, which"):
            formats.write_problem(hard, tmp_path / f"p{suffix}")
    assert not list(tmp_path.iterdir())


def test_every_format_has_a_reader_or_a_writer():
    from xoropt_solvers.formats.registry import _function

    for one in FORMATS.values():
        assert one.reader or one.writer
        for place in filter(None, (one.reader, one.writer)):
            assert callable(_function(place))


MODELS = [
    ("repeat 99999999999 {\nerror(0.1) D0 L0\nshift_detectors 1\n}\n", "line 1: makes 199999999998 instructions"),
    ("error(0.1) D0\nrepeat[{] 9999 {\nrepeat 9999 {error(0.1) D0\n}\n}\n", "line 2: makes 99980002 instructions"),
    ("repeat 9 {\n}\nrepeat 99999999999 {\n}\n", "line 3: makes 100000000008 instructions"),
    ("error(0.1) D0\n# D99999999999\nerror(0.1) D99999999999", "line 3: makes 100000000000 detectors"),
    ("repeat 9999 {\nshift_detectors 9999\n}\nerror(0.1) D0", "line 4: makes 99980002 detectors"),
    ("error(0.1) D0 L4294967295\nerror(0.1) D1\n", "line 1: makes 4294967296 observables"),
    ("error(0.1) D0 L65536\n", "line 1: makes 65537 observables, more than 2"),
    ("error(0.1) D0\nerror(0.1) D0 L99999999999\n", "line 2: id > 0xFFFFFFFF"),
    ("error(0.1) D0\nerror(0.7) D0\n", "line 2: Argument 'priors' must hold probabilities from 0 to 0.5"),
    ("error(0.1) D0\nerror(0.1) L0\n", "line 2: 'error(0.1) L0' flips no detector"),
    ("error(0.1) D0\nrepeat 2 {\n", "m.dem: Unterminated block"),
]


@pytest.mark.parametrize(("text", "said"), MODELS)
def test_models_are_counted_before_they_are_unrolled(tmp_path, text, said):
    pytest.importorskip("stim", reason="error models need Stim")
    (tmp_path / "m.dem").write_text(text)
    with pytest.raises(FileFormatError, match=re.escape(said)):
        formats.read_check_matrix(tmp_path / "m.dem")


def test_a_model_in_memory_is_counted_too():
    stim = pytest.importorskip("stim", reason="error models need Stim")
    model = stim.DetectorErrorModel("repeat 99999999999 {\nerror(0.1) D0\n}")
    with pytest.raises(InvalidInputError, match="'model', line 1, makes 99999999999 instructions"):
        error_model(model)
    small = stim.DetectorErrorModel("repeat 3 {\nerror(0.1) D0 D1\nshift_detectors 1\n}\nerror(0.1) D5\n")
    assert too_large(str(small).splitlines()) is None
    assert (len(error_model(small).H), error_model(small).H.length) == (9, 4)


HEAD = "%%MatrixMarket matrix coordinate pattern general\n"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "m.mtx",
            HEAD + "100000000000 100000000000 1\n1 1\n",
            "line 2: has 100000000000 checks",
        ),
        ("m.mtx", HEAD + "% a comment\n5 100000000000 1\n1 1\n", "line 3: has 5 checks on 100000000000 errors"),
        ("m.mtx", HEAD + "2 3 1000000000000\n1 1\n", "line 2: announces 1000000000000 ones, but 1 lines follow"),
        ("m.alist", "100000000000 1\n1 1\n1\n1\n1\n1\n", "line 1: has 1 checks on 100000000000 errors"),
        ("m.alist", "", "an alist begins with"),
        ("m.mtx", "", "damaged Matrix Market file"),
        ("m.txt", "", "holds no matrix"),
        ("m.npz", "", "holds no matrix"),
        ("m.alist", "0 0\n0 0\n\n\n", "holds a matrix without columns"),
    ],
)
def test_sizes_are_refused_before_anything_is_allocated(tmp_path, name, text, said):
    pytest.importorskip("scipy", reason="Matrix Market needs SciPy")
    (tmp_path / name).write_text(text)
    with pytest.raises(FileFormatError, match=f"{name}.*{said}"):
        formats.read_check_matrix(tmp_path / name)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"shape": [2, 10**11]}, "'shape' has 2 checks on 100000000000 errors"),
        ({"shape": [2, -4]}, "'shape' has a negative size"),
        ({"shape": [10**11, 2], "format": b"csc"}, "'shape' has 100000000000 checks"),
    ],
)
def test_sizes_of_sparse_archives(tmp_path, arrays, said):
    given = {"format": b"csr", "indptr": [0, 1, 1], "indices": [0], "data": [1], **arrays}
    np.savez(tmp_path / "m.npz", **given)
    with pytest.raises(FileFormatError, match=said):
        formats.read_check_matrix(tmp_path / "m.npz")
    np.savez(tmp_path / "r.npz", rows=np.ones(1, np.uint64), values=[1], n=10**11)
    with pytest.raises(FileFormatError, match="'n' asks for a matrix of 100000000000 entries"):
        formats.read_problem(tmp_path / "r.npz")
