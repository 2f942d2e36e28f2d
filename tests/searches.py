"""The fastest search for each kind of network, as arguments of `xoropt.encode`."""

from xoropt.networks import from_recipe

__all__ = ["fastest"]


def fastest(network, order=None):
    """Return the greedy seed search for blocks, and greedy patches for windowed networks."""
    if network == "auto":
        return {"patches": "greedy"}
    memory = from_recipe(network).memory if isinstance(network, str) else network.memory
    return {"patches": "greedy"} if memory or order not in (None, "rows") else {"solver": "greedy"}
