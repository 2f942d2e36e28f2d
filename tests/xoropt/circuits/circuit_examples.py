"""Two circuits for the tests: one with a constant output, and one with gates of four and of two inputs."""

import numpy as np

from xoropt.circuits import XorCircuit

# y0 = x0+x1+x2, y1 = 0, y2 = x1, y3 = x0+x1
SMALL = XorCircuit(3, np.array([[0, 1], [2, 3]]), np.array([4, -1, 1, 3]))
SMALL_MATRIX = np.array([[1, 1, 1], [0, 0, 0], [0, 1, 0], [1, 1, 0]])
WIDE = XorCircuit(5, np.array([[0, 1, 2, 3], [4, 5, -1, -1]]), np.array([6, 5]))
