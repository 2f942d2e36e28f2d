"""The study of a decoder, of a recipe or of a stored tensor: its cost, its cycles, its files and its simulation."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.output_folders import check_folder, write_folder
from xoropt.hardware.cell_library import MappedDesign, map_to_cells
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.cost_model import DecoderCost, cost
from xoropt.hardware.cycles import Cycles, PortRates, count_cycles
from xoropt.hardware.netlist import Netlist, count_netlist
from xoropt.hardware.simulation import COMPILE, RUN, Simulation, check_simulator, simulate
from xoropt.hardware.stimulus import Stimulus, random_stimulus, stimulus_of
from xoropt.hardware.testbench import FILES, bench_files
from xoropt.hardware.verilog import check_size, design
from xoropt.model.file.container import load
from xoropt.model.tensors import CompressedTensor
from xoropt.networks import XorNetwork, from_recipe

__all__ = ["StimulusSize", "StudiedDecoder", "Study", "WrittenFiles", "study"]


@dataclass(frozen=True)
class StudiedDecoder:
    """A decoder and its cost.

    Attributes:
        network: the recipe of its network.
        cost: its cost.
    """

    network: str
    cost: DecoderCost

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as they are printed as JSON."""
        return {"network": self.network} | self.cost.to_dict()


@dataclass(frozen=True)
class StimulusSize:
    """What goes into a decoder and what it makes of it.

    Attributes:
        words: seed words.
        steps: steps.
        outputs: output bits.
        patches: patches.
    """

    words: int
    steps: int
    outputs: int
    patches: int


@dataclass(frozen=True)
class WrittenFiles:
    """The files of a decoder and its testbench.

    Attributes:
        folder: the folder in which they are.
        compile: the command that compiles them there.
        run: the command that then runs the testbench.
    """

    folder: str
    compile: str = COMPILE
    run: str = RUN


@dataclass(frozen=True)
class Study:
    """The result of `study`.

    Attributes:
        decoders: the cost of each decoder, by the recipe or the name of the tensor. Several decoders have counters of
            the default widths; the counters of a single one are as wide as its stimulus needs.
        stimulus: the size of the stimulus, if there is one: that of a single tensor, or a random one for a recipe whose
            decoder is written, simulated or counted.
        cycles: the cycles that the cycle model counts for the stimulus, if there is one.
        files: the files, if they were written.
        netlist: what yosys counts, if it was asked to.
        mapped: the decoder in the cells of a library, if there is one.
        simulation: the result of the simulation, if there was one.
        packed: the tensors of the file whose values are stored as they are, so that there is no network to build; only
            where all tensors were asked for.
    """

    decoders: Mapping[str, StudiedDecoder]
    stimulus: StimulusSize | None = None
    cycles: Cycles | None = None
    files: WrittenFiles | None = None
    netlist: Netlist | None = None
    mapped: MappedDesign | None = None
    simulation: Simulation | None = None
    packed: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as `xoropt hardware --json` prints them; parts that are None are left out."""
        parts = {
            "feed": self.stimulus and asdict(self.stimulus),
            "cycles": self.cycles and self.cycles.to_dict(),
            "files": self.files and asdict(self.files),
            "netlist": self.netlist and asdict(self.netlist),
            "mapped": self.mapped and asdict(self.mapped),
            "simulation": self.simulation and self.simulation.to_dict(),
        }
        decoders = {name: decoder.to_dict() for name, decoder in self.decoders.items()}
        return {"decoders": decoders} | {name: part for name, part in parts.items() if part is not None}


@dataclass(frozen=True)
class _Options:
    """The options of `study` that do not choose the decoder."""

    config: DecoderConfig
    rates: PortRates
    synthesis: str | None
    time_limit: float
    out: str | os.PathLike[str] | None
    simulated: bool
    counted: bool
    liberty: str | os.PathLike[str] | None
    overwrite: bool

    @property
    def needs_one(self) -> bool:
        """Whether they ask for more than costs, and so for a single decoder."""
        return self.out is not None or self.simulated or self.counted or self.liberty is not None


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
    liberty: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> Study:
    """Return the figures of a decoder; if `out` is given, write its Verilog, a testbench and the testbench's data.

    Args:
        source: a recipe, whose decoder gets a thousand random steps, or the path of a compressed file.
        tensor: the tensor of the file; None means its only one, or the costs of all.
        synthesis, time_limit: as for `cost`.
        fifo, flips: as for `DecoderConfig`.
        ports: as for `PortRates`.
        out: the folder for the files; None means that none are written.
        simulated: simulate the decoder in Icarus Verilog.
        counted: have yosys count the Verilog's cells.
        liberty: a cell library in the Liberty format to which yosys maps the decoder; None for none.
        overwrite: replace files in `out`.

    Raises:
        ArgumentError: an argument is out of range, the recipe names no topology, or the network is too large.
        XoroptError: there is no such file or tensor, the file has several tensors to choose from, or a program is
            missing or failed.
    """
    options = _Options(
        DecoderConfig(fifo, flips),
        PortRates(*ports),
        synthesis,
        time_limit,
        out,
        simulated,
        counted,
        liberty,
        overwrite,
    )
    if out is not None:
        check_folder(out, FILES, overwrite)
    if simulated:
        check_simulator()
    if Path(source).exists() or (":" not in source and Path(source).suffix):
        return _study_file(source, tensor, options)
    if tensor is not None:
        raise ArgumentError(f"Argument 'tensor' names a tensor of a file, but '{source[:80]}' is a recipe.")
    network = from_recipe(source)
    if not options.needs_one:
        return Study({source: _costed(network, options)})
    check_size(network)
    return _study_one(source, random_stimulus(network), options)


def _study_file(source: str, tensor: str | None, options: _Options) -> Study:
    """Study one tensor of a file, or the costs of all tensors whose values a network stores.

    One with a single value besides its zeros has no planes, and nothing to decode.
    """
    compressed = {name: held.encoded for name, held in load(source).items() if isinstance(held, CompressedTensor)}
    encodings = {
        name: encoded.main for name, encoded in compressed.items() if encoded.has_network and len(encoded.main.seeds)
    }
    names = ", ".join(list(encodings)[:5]) + (", …" if len(encodings) > 5 else "")
    if not encodings:
        raise XoroptError(
            f"{source}: has no tensor that a network stores: small and full ones are packed, unless compress is given "
            "a network with --network."
        )
    if tensor is not None and tensor not in encodings:
        raise XoroptError(f"{source}: has no tensor '{tensor}' that a network stores; there are {names}.")
    if tensor is None and len(encodings) == 1:
        tensor = next(iter(encodings))
    if tensor is not None:
        try:
            stimulus = stimulus_of(encodings[tensor])
        except ArgumentError as error:
            raise XoroptError(f"{source}: tensor '{tensor}': {error}") from None
        return _study_one(tensor, stimulus, options)
    if options.needs_one:
        raise XoroptError(f"{source}: has several tensors; choose one with --tensor (tensor=...): {names}.")
    packed = tuple(name for name, encoded in compressed.items() if not encoded.has_network)
    return Study({name: _costed(encoded.network, options) for name, encoded in encodings.items()}, packed=packed)


def _costed(network: XorNetwork, options: _Options) -> StudiedDecoder:
    """Return the cost of a network's decoder with counters of the default widths."""
    return StudiedDecoder(network.recipe, cost(network, options.synthesis, options.time_limit, options.config))


def _study_one(name: str, stimulus: Stimulus, options: _Options) -> Study:
    """Study one decoder on its stimulus."""
    config = stimulus.config(options.config.fifo, options.config.flips)
    built = design(stimulus.network, config, synthesis=options.synthesis, time_limit=options.time_limit)
    if options.out is not None:
        write_folder(options.out, bench_files(stimulus, built), options.overwrite)
    return Study(
        decoders={name: StudiedDecoder(stimulus.network.recipe, built.cost)},
        stimulus=StimulusSize(
            words=len(stimulus.seeds),
            steps=len(stimulus.counts),
            outputs=int(stimulus.counts.sum()),
            patches=len(stimulus.patches),
        ),
        cycles=count_cycles(
            stimulus.first, stimulus.counts, stimulus.patches[:, 0], built.lag, built.config, options.rates
        ),
        files=None if options.out is None else WrittenFiles(str(options.out)),
        netlist=count_netlist(built) if options.counted else None,
        mapped=None if options.liberty is None else map_to_cells(built.verilog, built.name, options.liberty),
        simulation=simulate(stimulus, built, (options.rates,))[0] if options.simulated else None,
    )
