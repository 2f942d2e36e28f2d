"""Parity problems as files, in formats that other programs understand; each has a module here.

`read_problem` and `write_problem` know all of them. In CNF, WCNF, OPB and LP variables 1 … n are x, variables
n + 1 … n + k are the errors of the rows, and later ones are auxiliary.
"""

from xoropt_solvers.formats.cnf import write_cnf
from xoropt_solvers.formats.lp import write_lp
from xoropt_solvers.formats.npz import write_npz
from xoropt_solvers.formats.opb import write_opb
from xoropt_solvers.formats.plain_text import write_text
from xoropt_solvers.formats.registry import (
    FORMATS,
    SUFFIXES,
    Format,
    read_check_matrix,
    read_problem,
    read_problems,
    read_with_logicals,
    write_problem,
)
from xoropt_solvers.formats.wcnf import write_wcnf

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Format",
    "read_check_matrix",
    "read_problem",
    "read_problems",
    "read_with_logicals",
    "write_cnf",
    "write_lp",
    "write_npz",
    "write_opb",
    "write_problem",
    "write_text",
    "write_wcnf",
]
