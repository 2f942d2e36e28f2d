"""The declaration of a topology: its signature says which arguments are allowed and what its recipe looks like.

A topology is a function with the decorator `topology`. The names of its parameters are the keys of the recipe, in
their order; their defaults stand for keys that a recipe leaves out; a `Range` in an annotation is checked before the
function runs.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ParamSpec, get_args, get_type_hints

from xoropt.common.arguments import check_int
from xoropt.networks.network import MAX_N_OUT, XorNetwork

__all__ = ["NIn", "NOut", "Range", "Seed", "Setting", "recipe_of", "settings_of", "topology", "work_of"]


P = ParamSpec("P")


@dataclass(frozen=True)
class Range:
    """The integers that an argument may be, both ends included.

    Attributes:
        low: the least value, or the name of an earlier argument that is the least value.
        high: the greatest value, or the name of an earlier argument that is the greatest value.
    """

    low: int | str
    high: int | str


NIn = Annotated[int, Range(1, 64)]
"""New seed bits per step."""
NOut = Annotated[int, Range(1, MAX_N_OUT)]
"""Outputs per step."""
Seed = Annotated[int, Range(0, 2**64 - 1)]
"""The seed of the random numbers."""


@dataclass(frozen=True)
class Setting:
    """A key of a topology's recipe.

    Attributes:
        kind: int or str.
        optional: whether the value may be None, which a recipe writes as "none".
        default: the value where a recipe leaves the key out; `inspect.Parameter.empty` where it must not.
        allowed: the values allowed; None: any, or the topology's function checks them itself.
    """

    kind: type
    optional: bool
    default: Any
    allowed: Range | None

    @property
    def required(self) -> bool:
        """Whether a recipe must give the key."""
        return self.default is inspect.Parameter.empty


def settings_of(build: Callable[..., XorNetwork]) -> dict[str, Setting]:
    """Return the keys of a topology's recipe, as the signature of its function declares them.

    >>> def comb(n_in: NIn = 20, taps: Annotated[int, Range(1, "n_in")] | None = None) -> XorNetwork: ...
    >>> settings_of(comb)["n_in"]
    Setting(kind=<class 'int'>, optional=False, default=20, allowed=Range(low=1, high=64))
    >>> settings_of(comb)["taps"].optional
    True
    """
    plain, annotated = get_type_hints(build), get_type_hints(build, include_extras=True)
    return {
        name: _setting(plain.get(name, int | None), annotated.get(name), parameter.default)
        for name, parameter in inspect.signature(build).parameters.items()
    }


def _setting(plain: Any, annotated: Any, default: Any) -> Setting:
    kinds = get_args(plain) or (plain,)
    extras = [extra for part in (annotated, *get_args(annotated)) for extra in getattr(part, "__metadata__", ())]
    return Setting(
        kind=next(kind for kind in kinds if kind is not type(None)),
        optional=type(None) in kinds,
        default=default,
        allowed=next((extra for extra in extras if isinstance(extra, Range)), None),
    )


def recipe_of(name: str, arguments: Mapping[str, Any]) -> str:
    """Return the recipe of a topology with these arguments.

    >>> recipe_of("windowed", {"n_in": 2, "n_out": 3, "window": 4, "taps": None})
    'windowed:n_in=2,n_out=3,window=4,taps=none'
    """
    return f"{name}:" + ",".join(f"{key}={'none' if value is None else value}" for key, value in arguments.items())


def topology(
    name: str, work: Callable[..., int] | None = None
) -> Callable[[Callable[P, XorNetwork]], Callable[P, XorNetwork]]:
    """Declare a function as a topology: check the declared ranges and give its networks their recipe.

    The function gets its integers as Python's own, and returns a network without a recipe. A network that has a recipe
    keeps it.

    Args:
        name: the word before the colon of the recipe.
        work: estimates from the arguments, all by name, how much work it is to make the network and to prepare its
            decoders, in units of about 50 ns: a random number that is drawn and ordered, a wire, or 64 bits of a packed
            row. None: the entries of a matrix of n_out rows, where there is such an argument.

    Returns:
        A decorator. The decorated function raises ArgumentError where an argument is outside its range.

    >>> import numpy as np
    >>> @topology("identity")
    ... def identity(n_in: NIn = 20) -> XorNetwork:
    ...     return XorNetwork(n_in, n_in, 0, np.uint64(1) << np.arange(n_in, dtype=np.uint64)[:, None])
    >>> identity(3).recipe
    'identity:n_in=3'
    >>> identity(65)
    Traceback (most recent call last):
        ...
    xoropt.common.errors.ArgumentError: Argument 'n_in' must be from 1 to 64, not 65.
    """

    def declare(build: Callable[P, XorNetwork]) -> Callable[P, XorNetwork]:
        signature = inspect.signature(build)
        ranges = [(key, setting) for key, setting in settings_of(build).items() if setting.allowed]

        def bind(*args: Any, **kwargs: Any) -> inspect.BoundArguments:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            for key, setting in ranges:
                bound.arguments[key] = _in_range(key, setting, bound.arguments)
            return bound

        @functools.wraps(build)
        def checked(*args: P.args, **kwargs: P.kwargs) -> XorNetwork:
            bound = bind(*args, **kwargs)
            network = build(*bound.args, **bound.kwargs)
            return network if network.recipe else replace(network, recipe=recipe_of(name, bound.arguments))

        _WORK[checked] = lambda **arguments: (work or _entries)(**bind(**arguments).arguments)
        return checked

    return declare


_WORK: dict[Callable[..., XorNetwork], Callable[..., int]] = {}
"""For the function of each topology one that computes the work from the same arguments."""


def work_of(build: Callable[..., XorNetwork], arguments: Mapping[str, Any]) -> int:
    """Estimate the work of a network before it is made, see `topology`; 0 for a function that is no topology.

    Raises:
        ArgumentError: an argument is outside its range.
    """
    return _WORK[build](**arguments) if build in _WORK else 0


def _entries(n_in: Any = 1, n_out: Any = 1, **_: Any) -> int:
    both = isinstance(n_in, int) and isinstance(n_out, int)
    return int(n_in * n_out) if both else 0


def _in_range(key: str, setting: Setting, values: Mapping[str, Any]) -> int | None:
    """Return the value of an argument if its declaration allows it; raise ArgumentError otherwise."""
    if values[key] is None and setting.optional:
        return None
    assert setting.allowed is not None
    low, high = (values[end] if isinstance(end, str) else end for end in (setting.allowed.low, setting.allowed.high))
    return check_int(key, values[key], low, high)
