"""The benchmark of decoders: what they find has the syndrome, and nothing is lighter than what is proved."""

import dataclasses
import importlib
import json

import pytest

pytest.importorskip("stim", reason="the shots are Stim's")


@pytest.mark.parametrize(
    ("code", "distance", "noise"), [("surface_code:rotated_memory_x", 3, 0.01), ("bicycle", 12, 0.03)]
)
def test_every_decoder_is_weighed(code, distance, noise):
    quantum = importlib.import_module("quantum")
    rows = {row.decoder: row for row in quantum.measure(code, distance, noise, 3)}
    for row in rows.values():
        assert row.proved == row.shots == 3
        assert row.above >= 0
        assert row.least <= row.comparable <= 3
    for ours in ("xoropt, portfolio", "xoropt, odd-cuts"):
        assert (rows[ours].least, rows[ours].above) == (3, 0)
    assert (rows[ours].failures is None) == (code == "bicycle")
    assert [row[0] for row in quantum.table_of(list(rows.values())).rows] == list(rows)
    json.dumps([dataclasses.asdict(row) for row in rows.values()])
