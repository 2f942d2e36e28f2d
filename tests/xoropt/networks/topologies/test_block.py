"""The paper's block network."""

import hashlib

from xoropt import networks


def test_random_block_never_changes():
    rows = networks.random_block(n_in=20, n_out=180, seed=0).rows
    digest = hashlib.sha256(rows.astype("<u8").tobytes()).hexdigest()
    assert digest == "df00a08544534fc7781f83391437f92fac78068ead598426d51ed54afc50ba8f"


def test_entries_are_fair_coins():
    share = networks.random_block(64, 4096, 3).matrix().mean()
    assert abs(share - 0.5) < 0.01
