"""What is said of a file that is not there."""

from xoropt_solvers.absent import reason_of_reading


def reason(path):
    try:
        path.read_bytes()
    except OSError as error:
        return reason_of_reading(error, path)
    raise AssertionError("it can be read")


def test_the_nearest_name_in_the_folder(tmp_path):
    for name in ("mine.npz", "theirs.npz", ".minf.npz"):
        (tmp_path / name).touch()
    assert reason(tmp_path / "min.npz") == f"No such file or directory; the nearest is '{tmp_path / 'mine.npz'}'"
    (tmp_path / "p.txt").touch()
    assert reason(tmp_path / "none.txt") == f"No such file or directory; looked in '{tmp_path}'"
    assert reason(tmp_path / "checkpoint") == f"No such file or directory; looked in '{tmp_path}'"


def test_the_folder_is_missing(tmp_path):
    assert reason(tmp_path / "no" / "p.txt") == f"No such file or directory; there is no folder '{tmp_path / 'no'}'"


def test_other_reasons(tmp_path):
    assert reason(tmp_path) == "Is a directory"
    assert reason(tmp_path / ("n" * 300)) == "File name too long"
