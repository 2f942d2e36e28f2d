"""Simulation of a decoder and its testbench in Icarus Verilog."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xoropt.common.errors import XoroptError
from xoropt.common.kinds import checked
from xoropt.hardware.cycles import Cycles, PortRates, count_cycles
from xoropt.hardware.stimulus import Stimulus
from xoropt.hardware.testbench import bench_files
from xoropt.hardware.verilog import Design, design

__all__ = ["COMPILE", "RUN", "Simulation", "check_simulator", "simulate"]

COMPILE = "iverilog -g2005 -o testbench.vvp decoder.v testbench.v"
RUN = "vvp -n testbench.vvp"


@dataclass(frozen=True)
class Simulation:
    """The result of a simulation.

    Attributes:
        steps: steps that the decoder made.
        mismatches: steps that differ from the software decoder's in a bit or in their number of outputs.
        bits: outputs that were compared: those of weights, without padding.
        cycles: cycles from the first one after reset to the one in which the last step is taken.
        model: the cycles that the cycle model counts.
    """

    steps: int
    mismatches: int
    bits: int
    cycles: int
    model: Cycles

    @property
    def equal(self) -> bool:
        """Whether all bits are the software decoder's and the cycle model counts the same cycles."""
        return not self.mismatches and self.steps == self.model.steps and self.cycles == self.model.cycles

    def to_dict(self) -> dict[str, Any]:
        """Return all figures as they are printed as JSON."""
        return vars(self) | {"model": self.model.to_dict(), "equal": self.equal}


def check_simulator() -> None:
    """Raise XoroptError if Icarus Verilog is not installed."""
    if shutil.which("iverilog") is None or shutil.which("vvp") is None:
        raise XoroptError(
            "the simulator 'iverilog' is not installed; apt-get install iverilog, or leave out --simulate."
        )


def _run_bench(files: dict[str, str], rates: Sequence[PortRates]) -> list[tuple[int, int, int]]:
    """Compile the files, run the testbench, and return steps, mismatches and cycles for each of the rates."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        _run([*COMPILE.split(), "-Wall"], folder)
        for rate in rates:
            ports = [f"+seeds={rate.seeds}", f"+patches={rate.patches}", f"+outputs={rate.outputs}"]
            shown = _run([*RUN.split(), *ports], folder)
            match = re.search(r"(?:PASS|FAIL) steps (\d+) mismatches (\d+) cycles (\d+)", shown)
            if match is None:
                raise XoroptError(f"Icarus Verilog ended without a result: {' '.join(shown[-200:].split())}")
            steps, mismatches, cycles = (int(number) for number in match.groups())
            found.append((steps, mismatches, cycles))
    return found


def _run(command: list[str], folder: Path) -> str:
    """Run a command in a folder and return what it prints."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr.strip():
        raise XoroptError(f"{command[0]} failed: {' '.join((done.stderr + done.stdout)[-300:].split())}")
    return done.stdout


@checked
def simulate(
    stimulus: Stimulus, built: Design | None = None, rates: Sequence[PortRates] = (PortRates(),)
) -> list[Simulation]:
    """Run a decoder on its stimulus in Icarus Verilog, and the cycle model beside it.

    Args:
        stimulus: what goes into the decoder and what is expected of it, from `stimulus_of` or `random_stimulus`.
        built: the decoder, which must be of the stimulus's network and have counters as wide as `Stimulus.config`
            says; None means that of the network's description.
        rates: how often the ports are open; each of them is a simulation.

    Returns:
        A result for each of the rates.

    Raises:
        ArgumentError: the network is too large, or the decoder does not fit the stimulus.
        XoroptError: Icarus Verilog is missing or failed.
    """
    check_simulator()
    built = built or design(stimulus.network, stimulus.config())
    found = _run_bench(bench_files(stimulus, built), rates)
    simulations = []
    for rate, (steps, mismatches, cycles) in zip(rates, found, strict=True):
        model = count_cycles(stimulus.first, stimulus.counts, stimulus.patches[:, 0], built.lag, built.config, rate)
        simulations.append(Simulation(steps, mismatches, int(stimulus.known[:steps].sum()), cycles, model))
    return simulations
