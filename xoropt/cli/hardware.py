"""The command `xoropt hardware`."""

from pathlib import Path
from typing import Any

import click

from xoropt.circuits.registry import METHODS
from xoropt.cli.app import (
    cli,
    file_argument,
    force_option,
    json_option,
    names_option,
    print_json,
    refuse_without_effect,
    warm_up_synthesis,
)
from xoropt.common.errors import XoroptError

__all__ = ["hardware"]


@cli.command(short_help="Cost, Verilog and simulation of a decoder.")
@click.argument("source", metavar="RECIPE|FILE")
@click.option("--tensor", metavar="NAME", help="The tensor of FILE.  [default: the costs of all]")
@names_option("--synthesis", names=lambda: METHODS, help="Look for fewer gates, as 'xoropt synthesize' does.")
@click.option(
    "--time-limit",
    default=10.0,
    show_default=True,
    metavar="S",
    help="The seconds for the synthesis, without those of compiling.",
)
@click.option("--fifo", default=4, show_default=True, metavar="N", help="The number of patches that the FIFO holds.")
@click.option("--flips", default=1, show_default=True, metavar="N", help="The most patches flipped in one cycle.")
@click.option(
    "--ports",
    nargs=3,
    type=int,
    default=(256, 256, 256),
    metavar="S P O",
    help="Of 256 cycles, offer seeds in S, offer patches in P, take outputs in O.  [default: all]",
)
@click.option("--out", type=file_argument, metavar="DIR", help="Write decoder.v, a testbench and its stimulus files.")
@click.option("--simulate", "simulated", is_flag=True, help="Simulate in Icarus Verilog and compare every bit.")
@click.option("--yosys", "counted", is_flag=True, help="Count the gates and flip-flops with yosys, too.")
@click.option(
    "--liberty", type=file_argument, metavar="CELLS.lib", help="Map it to this cell library with yosys: area and delay."
)
@force_option
@json_option
def hardware(source: str, out: Path | None, force: bool, as_json: bool, **options: Any) -> None:
    """Show the cost of a decoder in hardware, write it as Verilog, and simulate it.

    The decoder is that of a network's RECIPE, with a random stimulus, or that of a tensor of a compressed FILE, whose
    seeds and patches are the stimulus.

    \b
    Example:
      xoropt hardware small.safetensors --tensor fc2.weight --out dec --simulate
    """
    from xoropt.cli.tables.hardware import print_hardware
    from xoropt.hardware.study import study

    if options["synthesis"] is None:
        refuse_without_effect("without --synthesis", "time_limit")
    elif options["time_limit"] > 0:
        warm_up_synthesis(options["synthesis"])
    found = study(source, out=out, overwrite=force, **options)
    if as_json:
        print_json(found.to_dict())
    else:
        print_hardware(found)
    if found.simulation is not None and not found.simulation.equal:
        raise XoroptError("the simulated decoder or its cycles differ from the software's; please report this.")
