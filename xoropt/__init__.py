"""xoropt: pruned, quantized weights stored as seeds of an XOR-gate network, losslessly."""

from xoropt.errors import XoroptError

__version__ = "0.1.0"
__all__ = ["XoroptError", "__version__"]
