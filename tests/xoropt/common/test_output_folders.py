"""Text files in a folder: all or none."""

import pytest

from xoropt import XoroptError
from xoropt.common import output_folders


def test_nothing_is_written_when_the_disk_is_full(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output_folders.os, "replace", full)
    with pytest.raises(XoroptError, match="No space left on device; nothing was written"):
        output_folders.write_folder(tmp_path / "made", {"a": "1"})
    assert not any(tmp_path.iterdir())
