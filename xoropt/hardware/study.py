"""Everything about the decoder of a recipe or of a stored tensor: its cost, its cycles, its files, its simulation."""

import os
from pathlib import Path
from typing import Any

from xoropt.codec.packed.encoding import PackedValues
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.folders import check_folder, write_folder
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.cost_model import cost
from xoropt.hardware.cycles import PortRates, count_cycles
from xoropt.hardware.netlist import count_netlist
from xoropt.hardware.simulation import COMPILE, RUN, check_simulator, simulate
from xoropt.hardware.stimulus import Feed, feed, random_feed
from xoropt.hardware.testbench import FILES, bench_files
from xoropt.hardware.verilog import check_size, design
from xoropt.model.file.container import load
from xoropt.model.tensors import CompressedTensor
from xoropt.networks import XorNetwork, from_recipe

__all__ = ["study"]


def study(
    source: str,
    *,
    tensor: str | None = None,
    synthesis: str | None = None,
    time_limit: float = 10.0,
    fifo: int = 4,
    flips: int = 1,
    ports: tuple[int, int, int] = (256, 256, 256),
    out: str | os.PathLike[str] | None = None,
    simulated: bool = False,
    counted: bool = False,
    overwrite: bool = False,
) -> dict[str, Any]:
    """The figures of a decoder; with `out` its Verilog, a testbench and the testbench's data are written.

    Args:
        source: a recipe, whose decoder is fed at random, or the path of a compressed file.
        tensor: the file's tensor; None: its only one, or the costs of all.
        synthesis, time_limit: as for `cost`.
        fifo, flips: as for `DecoderConfig`.
        ports: as for `PortRates`.
        out: a folder for the files.
        simulated: run them in Icarus Verilog.
        counted: have yosys count the Verilog's cells.
        overwrite: replace files in `out`.

    Returns:
        `decoders`: by name `DecoderCost.to_dict()` with the network's recipe; those of several tensors have counters of
        the default widths, a single one's are as wide as its stream needs. `files`, `netlist` and `simulation` if asked
        for. Of a single tensor, and of a recipe that is built or simulated, with a thousand random steps: `feed`, its
        words, steps, outputs and patches, and `cycles`, what the model says.

    Raises:
        ArgumentError: an argument is out of range, a recipe that names no topology, or the network is too large.
        XoroptError: there is no such file or tensor, several to choose from, or no simulator.
    """
    config, rates = DecoderConfig(fifo, flips), PortRates(*ports)
    if out is not None:
        check_folder(out, FILES, overwrite)
    if simulated:
        check_simulator()
    needs_one = out is not None or simulated or counted
    if not Path(source).exists() and (":" in source or not Path(source).suffix):
        if tensor is not None:
            raise ArgumentError(f"Argument 'tensor' names one of a file's; '{source[:80]}' is a recipe.")
        network = from_recipe(source)
        if not needs_one:
            return {"decoders": {source: _cost(network, synthesis, time_limit, config)}}
        check_size(network)
        return _one(
            source, random_feed(network), config, rates, synthesis, time_limit, out, simulated, counted, overwrite
        )
    encodings = {
        name: held.encoded
        for name, held in load(source).tensors.items()
        if isinstance(held, CompressedTensor) and not isinstance(held.encoded, PackedValues)
    }
    names = ", ".join(list(encodings)[:5]) + (", …" if len(encodings) > 5 else "")
    if not encodings:
        raise XoroptError(f"{source}: holds no tensor that a network stores.")
    if tensor is not None and tensor not in encodings:
        raise XoroptError(f"{source}: has no tensor '{tensor}' that a network stores; there are {names}.")
    if tensor is None and len(encodings) == 1:
        tensor = next(iter(encodings))
    if tensor is not None:
        try:
            fed = feed(encodings[tensor])
        except ArgumentError as error:
            raise XoroptError(f"{source}: tensor '{tensor}': {error}") from None
        return _one(tensor, fed, config, rates, synthesis, time_limit, out, simulated, counted, overwrite)
    if needs_one:
        raise XoroptError(f"{source}: holds several tensors; choose one with --tensor (tensor=...): {names}.")
    costs = {name: _cost(encoded.network, synthesis, time_limit, config) for name, encoded in encodings.items()}
    return {"decoders": costs}


def _cost(network: XorNetwork, synthesis: str | None, time_limit: float, config: DecoderConfig) -> dict[str, Any]:
    return {"network": network.recipe} | cost(network, synthesis, time_limit, config).to_dict()


def _one(
    name: str,
    fed: Feed,
    config: DecoderConfig,
    rates: PortRates,
    synthesis: str | None,
    time_limit: float,
    out: str | os.PathLike[str] | None,
    simulated: bool,
    counted: bool,
    overwrite: bool,
) -> dict[str, Any]:
    """The figures of one decoder that is fed."""
    built = design(fed.network, fed.config(config.fifo, config.flips), synthesis=synthesis, time_limit=time_limit)
    figures: dict[str, Any] = {
        "decoders": {name: {"network": fed.network.recipe} | built.cost.to_dict()},
        "feed": {
            "words": len(fed.seeds),
            "steps": len(fed.counts),
            "outputs": int(fed.counts.sum()),
            "patches": len(fed.patches),
        },
        "cycles": count_cycles(fed.first, fed.counts, fed.patches[:, 0], built.lag, built.config, rates).to_dict(),
    }
    if out is not None:
        write_folder(out, bench_files(fed, built), overwrite)
        figures["files"] = {"folder": str(out), "compile": COMPILE, "run": RUN}
    if counted:
        figures["netlist"] = vars(count_netlist(built))
    if simulated:
        (found,) = simulate(fed, built, (rates,))
        figures["simulation"] = found.to_dict()
    return figures
