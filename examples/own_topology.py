"""Explore a topology of one's own beside the built-in ones.

Run it with `python examples/own_topology.py`; it takes a few seconds and writes exploration/report.html.
"""

from pathlib import Path
from typing import Annotated

import numpy as np

import xoropt
from xoropt.networks.network import XorNetwork, pack_rows
from xoropt.networks.topologies.declaration import NIn, NOut, Range, topology


@topology("ruler")
def ruler(n_in: NIn = 20, n_out: NOut = 180, marks: Annotated[int, Range(1, "n_in")] = 5) -> XorNetwork:
    """Output j reads `marks` seed bits, at distances that grow like squares and depend on ⌊j/n_in⌋."""
    j, mark = np.arange(n_out)[:, None], np.arange(marks)
    matrix = np.zeros((n_out, n_in), dtype=bool)
    np.logical_xor.at(matrix, (j, (j + mark * (mark + j // n_in)) % n_in), True)
    return XorNetwork(n_in, n_out, 0, pack_rows(matrix))


xoropt.networks.TOPOLOGIES["ruler"] = ruler

# A few networks of each kind. "n_out" follows from the load: care bits for each seed bit.
space = {
    "ruler": {"n_in": [20, 40], "marks": [3, 5], "load": 0.9},
    "fixed_taps": {"n_in": [20, 40], "taps": [3, 5], "load": 0.9},
    "windowed": {"n_in": 8, "window": 128, "taps": 5, "orders": "lanes:lanes=64"},
    "samples": [5000],
}
# One process: a topology that a script registers is not known to others.
found = xoropt.explore.explore(space, sparsity=0.9, weights=100_000, jobs=1, synthesize=False)
Path("exploration").mkdir(exist_ok=True)
xoropt.explore.write_report(found, "exploration/report.html")

for result in sorted(found.workloads[0].points, key=lambda result: -result.efficiency):
    star = "*" if result in found.front else " "
    print(f"{star} {result.efficiency:.2%}  {result.network}")
print("* on the front: no other network here stores as little with as few gates")
