"""`CompressConfig`: what `compress` does."""

from dataclasses import dataclass, fields, replace
from typing import Any

from xoropt_solvers.registry import names as solver_names

from xoropt.codec.encoder import BLOCK_N_IN
from xoropt.codec.streams.auto import EFFORTS
from xoropt.codec.streams.encoder import METHODS
from xoropt.codec.streams.order import order_from_recipe
from xoropt.common.arguments import (
    MOST_JOBS,
    check_choice,
    check_finite_positive,
    check_flag,
    check_int,
    check_kind,
    check_time_limit,
)
from xoropt.common.errors import ArgumentError
from xoropt.masks import check_codec
from xoropt.networks import from_recipe, random_block
from xoropt.networks.recipes import nearest
from xoropt.quantize.levels import MAX_PLANES
from xoropt.quantize.pruning import check_sparsity

__all__ = ["CompressConfig", "configured"]


NOTHING_CHANGED: dict[str, Any] = {
    "sparsity": None,
    "bits": None,
    "scope": "tensor",
    "scales": "tensor",
    "merge_zeros": False,
}
"""The options that change tensors, so that they change none."""


@dataclass(frozen=True)
class CompressConfig:
    """What `compress` does.

    Attributes:
        sparsity: share of weights to prune by magnitude, in [0, 1); needs `bits`. None: nothing is pruned.
        bits: planes of binary coding for the kept weights, 1 to 8. None: tensors are kept exactly.
        scope: "tensor": every tensor is pruned to the rate; "global": all together, by one threshold.
        scales: "tensor" or "row": one set of scales for a tensor, or for each index of its first axis.
        include: name patterns (* and ?) of the tensors to compress, whatever their kind and size; empty: matrices and
            the like, no embeddings.
        exclude: name patterns of tensors to carry along.
        only_quantized: carry along tensors of more than 257 values, which are otherwise stored by fields: their
            exponents coded, the other bits as they are. A given network or `solver` stores quantized tensors alone.
        min_weights: smaller tensors are carried along unless included.
        network: a recipe, or "auto": for each tensor the windowed network and stream order that store least; with
            `n_in` or `n_out` given, "auto" is a random block network of that size and `seed`.
        order: the stream order of a given windowed network, see `xoropt.encode`.
        n_in: seed bits a block, 1 to 64; 20 when only `n_out` is given.
        n_out: outputs a block; None: chosen for each tensor for the least size.
        seed: of the random block network.
        solver: the seed search of block networks, a strategy of `xoropt_solvers`.
        patches: how a windowed network's patches are chosen, see `xoropt.encode`.
        effort: "fast", "normal" or "best": how much time the network "auto" may take, see `xoropt.encode`.
        time_limit: seconds for each block's search; None: no limit.
        mask: the mask codec; "auto": the one that stores least among those with random access, "smallest": among all;
            "low_rank": the mask is chosen, tile by tile, as a Boolean product, to be cheap to store.
        mask_bits: bits a weight that a low-rank mask may take.
        rank: of the products of a low-rank mask, instead of `mask_bits`.
        merge_zeros: store −0.0 as 0.0 in tensors that are quantized already; otherwise it is kept exactly, as a value.
        jobs: processes or threads for the search.
    """

    sparsity: float | None = None
    bits: int | None = None
    scope: str = "tensor"
    scales: str = "tensor"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only_quantized: bool = False
    min_weights: int = 1024
    network: str = "auto"
    order: str | None = None
    n_in: int | None = None
    n_out: int | None = None
    seed: int = 0
    solver: str = "portfolio"
    patches: str = "burst"
    effort: str = "normal"
    time_limit: float | None = None
    mask: str = "auto"
    mask_bits: float | None = None
    rank: int | None = None
    merge_zeros: bool = False
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.sparsity is not None:
            check_sparsity(self.sparsity)
        if self.bits is not None:
            check_int("bits", self.bits, 1, MAX_PLANES)
        check_kind("network", self.network, str, "a recipe or 'auto'")
        if self.order is not None:
            check_kind("order", self.order, str, "a stream order or None")
        for patterns in ("include", "exclude"):
            _check_patterns(patterns, getattr(self, patterns))
        for flag in ("only_quantized", "merge_zeros"):
            check_flag(flag, getattr(self, flag))
        check_choice("scope", self.scope, ("tensor", "global"))
        check_choice("scales", self.scales, ("tensor", "row"))
        check_codec(self.mask)
        check_choice("solver", self.solver, sorted({"portfolio", *solver_names()}))
        check_choice("patches", self.patches, METHODS)
        check_choice("effort", self.effort, EFFORTS)
        check_time_limit(self.time_limit)
        if self.mask_bits is not None:
            check_finite_positive("mask_bits", self.mask_bits)
            if self.mask_bits >= 1:
                raise ArgumentError(f"Argument 'mask_bits' must be below 1, what a bitmap takes, not {self.mask_bits}.")
        if self.rank is not None:
            check_int("rank", self.rank, 1)
        if self.order is not None and self.network == "auto":
            raise ArgumentError("Argument 'order' goes with a given 'network'; 'auto' chooses its own.")
        if self.mask == "low_rank":
            if not self.sparsity:
                raise ArgumentError("Argument 'mask' can be 'low_rank' only where 'sparsity' prunes; give both.")
            if self.scope == "global":
                raise ArgumentError(
                    "Argument 'scope' can't be 'global' with the mask 'low_rank', which prunes each tensor."
                )
            if (self.mask_bits is None) == (self.rank is None):
                wanted = "needs one of them" if self.rank is None else "takes one of them, not both"
                raise ArgumentError(f"Arguments 'mask_bits', say 0.15, and 'rank': the mask 'low_rank' {wanted}.")
        elif self.mask_bits is not None or self.rank is not None:
            raise ArgumentError("Arguments 'mask_bits' and 'rank' go with the mask 'low_rank' alone.")
        if self.sparsity is not None and self.bits is None:
            raise ArgumentError(
                "Argument 'sparsity' needs 'bits': the weights that are kept are quantized; give 1 for the least size, "
                "or up to 8."
            )
        check_int("min_weights", self.min_weights, 0)
        check_int("jobs", self.jobs, 1, MOST_JOBS)
        random_block(self.block_n_in, 1 if self.n_out is None else self.n_out, self.seed)  # checks the three
        if self.network != "auto":
            from_recipe(self.network)
        if self.order is not None:
            order_from_recipe(self.order)

    @property
    def block_n_in(self) -> int:
        """Seed bits of a random block network."""
        return BLOCK_N_IN if self.n_in is None else self.n_in

    @property
    def chooses_network(self) -> bool:
        """Whether network, order and rate are chosen for each tensor."""
        return self.network == "auto" and self.n_in is None and self.n_out is None

    @property
    def codes_values(self) -> bool:
        """Whether values and fields are coded; a network or a seed search that is given is for quantized tensors."""
        return self.chooses_network and self.solver == "portfolio" and not self.only_quantized

    @property
    def changes(self) -> bool:
        """Whether tensors may come back otherwise than they were: pruned, quantized, or with zeros merged."""
        return self.quantizes or self.merge_zeros

    @property
    def exactly(self) -> "CompressConfig":
        """The same, but that every tensor is kept exactly."""
        if not self.changes:
            return self
        own: dict[str, Any] = {"mask": "auto", "mask_bits": None, "rank": None} if self.mask == "low_rank" else {}
        return replace(self, **NOTHING_CHANGED, **own)

    @property
    def quantizes(self) -> bool:
        """Whether dense tensors are pruned and quantized on the way."""
        return self.sparsity is not None or self.bits is not None


def _check_patterns(name: str, patterns: object) -> None:
    """Raise ArgumentError unless there are several texts; one alone would be taken letter by letter."""
    check_kind(name, patterns, (tuple, list), "a tuple of names or patterns, such as ('lm_head*',)")
    assert isinstance(patterns, tuple | list)
    for pattern in patterns:
        check_kind(name, pattern, str, "a tuple of names or patterns, such as ('lm_head*',)")


def configured(config: CompressConfig | None, options: dict[str, Any]) -> CompressConfig:
    """Return a configuration with some attributes changed.

    Args:
        config: what to begin with; None: the defaults.
        options: attributes by name.

    Raises:
        ArgumentError: there is no such attribute, or a value is not allowed.
    """
    known = [field.name for field in fields(CompressConfig)]
    for name in options:
        if name not in known:
            raise ArgumentError(f"Argument '{name}' is none that 'compress' takes{nearest(name, known)}.")
    if config is not None:
        check_kind("config", config, CompressConfig, "a CompressConfig or None")
    return replace(config or CompressConfig(), **options)
