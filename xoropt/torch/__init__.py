"""Compressed weights in torch: state dicts, layers that multiply from the compressed form, and loading by transformers.

torch is imported on use. `pip install 'xoropt[torch]'` installs it.
"""

from importlib import import_module
from typing import Any

from xoropt.common.errors import XoroptError

__all__ = ["XorLinear", "compress_module", "compressed_checkpoints", "load_file", "load_model", "replace_linears"]

_PLACES = {
    "XorLinear": "layers",
    "compress_module": "replacing",
    "compressed_checkpoints": "checkpoints",
    "load_file": "loading",
    "load_model": "loading",
    "replace_linears": "replacing",
}
"""The module that each name comes from."""


def __getattr__(name: str) -> Any:
    """Import what is asked for.

    Raises:
        XoroptError: torch is not installed.
    """
    if name not in _PLACES:
        raise AttributeError(f"module 'xoropt.torch' has no attribute '{name}'")
    try:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    except ModuleNotFoundError as error:
        raise XoroptError(
            f"'xoropt.torch.{name}' needs the package '{error.name}': pip install 'xoropt[torch]'."
        ) from None


def __dir__() -> list[str]:
    return sorted(__all__)
