"""The command `xoropt draw`."""

from pathlib import Path

import click

from xoropt.cli.app import cli, file_argument, force_option, refuse_without_effect
from xoropt.networks.drawing import VIEWS

__all__ = ["draw"]


@cli.command(short_help="Draw a network or a circuit.")
@click.argument("source", metavar="RECIPE|CIRCUIT.txt")
@click.option(
    "--out",
    type=file_argument,
    required=True,
    help="The picture: .svg, .png or .pdf of a network, .svg or .dot of a circuit.",
)
@click.option(
    "--view",
    type=click.Choice(VIEWS),
    default="auto",
    show_default=True,
    help="The view of a network; auto shows both, or the band alone where the graph is too large.",
)
@force_option
def draw(source: str, out: Path, view: str, force: bool) -> None:
    """Draw a network as a graph and as the band of its matrix, or a circuit with its gates by level.

    A RECIPE names a network: its topology, and values of its parameters. A circuit is a file that 'xoropt synthesize'
    wrote. A network needs the package matplotlib: pip install 'xoropt[plot]'.

    \b
    Examples:
      xoropt draw windowed:n_in=8,n_out=40,window=64,taps=4 --out net.svg
      xoropt draw circuit.txt --out circuit.svg
    """
    from xoropt.circuits import read_circuit, write_circuit
    from xoropt.common.errors import ArgumentError
    from xoropt.common.pictures import give_place
    from xoropt.networks import draw, from_recipe, save_drawing

    if Path(source).is_file() or Path(source).suffix == ".txt":
        if out.suffix not in (".svg", ".dot"):
            raise ArgumentError(f"{out}: a circuit is drawn as .svg or .dot; end the name of '--out' so.")
        refuse_without_effect("on a circuit, which has one view", "view")
        write_circuit(out, read_circuit(source), overwrite=force)
    else:
        give_place(out.parent)
        save_drawing(draw(from_recipe(source), view), out, overwrite=force)
    click.echo(f"written: {out}")
