"""Icarus Verilog on a decoder and its testbench."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xoropt.common.errors import XoroptError
from xoropt.hardware.cycles import Cycles, PortRates, count_cycles
from xoropt.hardware.stimulus import Feed
from xoropt.hardware.testbench import bench_files
from xoropt.hardware.verilog import Design, design

__all__ = ["COMPILE", "RUN", "Simulation", "check_simulator", "simulate"]

COMPILE = "iverilog -g2005 -o testbench.vvp decoder.v testbench.v"
RUN = "vvp -n testbench.vvp"


@dataclass(frozen=True)
class Simulation:
    """What the simulated decoder did.

    Attributes:
        steps: steps that it made.
        mismatches: those that differ from the software decoder's in a bit or in their number of outputs.
        bits: outputs that were compared, those of weights; padding is not.
        cycles: from the first after reset to the one in which the last step is taken.
        model: what the cycle model says.
    """

    steps: int
    mismatches: int
    bits: int
    cycles: int
    model: Cycles

    @property
    def equal(self) -> bool:
        """Whether all bits were the software decoder's and the cycle model counted the same cycles."""
        return not self.mismatches and self.steps == self.model.steps and self.cycles == self.model.cycles

    def to_dict(self) -> dict[str, Any]:
        """All figures, for JSON."""
        return vars(self) | {"model": self.model.to_dict(), "equal": self.equal}


def check_simulator() -> None:
    """XoroptError when Icarus Verilog is not installed."""
    if shutil.which("iverilog") is None or shutil.which("vvp") is None:
        raise XoroptError(
            "the simulator 'iverilog' is not installed; apt-get install iverilog (or leave --simulate out)."
        )


def _run_bench(files: dict[str, str], rates: Sequence[PortRates]) -> list[tuple[int, int, int]]:
    """Compile the files and run the testbench: steps, mismatches and cycles for each of the rates."""
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
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr.strip():
        raise XoroptError(f"{command[0]} failed: {' '.join((done.stderr + done.stdout)[-300:].split())}")
    return done.stdout


def simulate(feed: Feed, built: Design | None = None, rates: Sequence[PortRates] = (PortRates(),)) -> list[Simulation]:
    """Run the decoder of a feed in Icarus Verilog, and its cycle model beside it, for each of some port rates.

    Args:
        feed: what goes in, from `xoropt.hardware.stimulus`.
        built: the decoder, of the feed's network and with counters as wide as it needs (`Feed.config`); that of the
            network's own description if None.
        rates: how often the ports are open.

    Raises:
        ArgumentError: the network is too large.
        XoroptError: Icarus Verilog is missing or fails.
    """
    check_simulator()
    built = built or design(feed.network, feed.config())
    found = _run_bench(bench_files(feed, built), rates)
    simulations = []
    for rate, (steps, mismatches, cycles) in zip(rates, found, strict=True):
        model = count_cycles(feed.first, feed.counts, feed.patches[:, 0], built.lag, built.config, rate)
        simulations.append(Simulation(steps, mismatches, int(feed.known[:steps].sum()), cycles, model))
    return simulations
