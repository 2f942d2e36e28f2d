"""What the benchmark of weights near their entropy shows: tables, what was aimed at, a picture."""

from collections.abc import Callable
from pathlib import Path

from common import Table

from coding.measuring import OURS, Long, Row
from coding.rivals import RIVALS

__all__ = ["aims", "aims_table", "picture", "tables"]

MILLION = 1_000_000
NEAR = 0.001
"""Share by which a rival has to be smaller, or faster, to be named as the better choice."""
SMALL = 0.99
"""Share of the plain bits that a rival may store to count as one that decodes."""


def tables(rows: list[Row], long: list[Long], processor: str) -> list[Table]:
    """Make the tables of sizes, of encoding, of decoding, and of long tensors."""
    names = [rival.name for rival in RIVALS if rival.name in rows[0].bits]
    found = [
        _sizes(rows, names, processor),
        _speeds(rows, names, "Encoding: million weights a second, one core", lambda row: row.encoding, "{:.2f}"),
        _speeds(
            rows,
            ["copy", *names],
            "Decoding: million weights a second, one core",
            lambda row: row.decoding,
            "{:,.0f}",
        ),
    ]
    return [*found, _long(long, names)] if long else found


def _sizes(rows: list[Row], names: list[str], processor: str) -> Table:
    columns = ("plain", "bound", OURS, "over", *names)
    lines = []
    for row in rows:
        others = (_number(row.bits.get(name), "{:.3f}") for name in names)
        figures = (f"{row.plain:.2f}", f"{row.bound:.3f}", f"{row.bits[OURS]:.3f}", f"{row.over:+.2%}")
        lines.append((row.source, row.form, *figures, *others, smaller(row)))
    legend = f"over: {OURS} over the bound; smaller: the smallest rival that takes less than {OURS}"
    return _table(f"Bits a weight, headers included; {processor}", (*columns, "smaller"), lines, legend)


def smaller(row: Row) -> str:
    """Say which rival is the smallest where it is smaller than this format, and how many others are."""
    own = row.bits[OURS]
    found = sorted((bits / own, name) for name, bits in row.bits.items() if bits < own * (1 - NEAR))
    return f"{found[0][1]} −{1 - found[0][0]:.1%}{_and_others(len(found))}" if found else "–"


def faster(row: Row) -> str:
    """Say which rival that stores less than the plain weights decodes fastest, and how many others are faster."""
    own = row.decoding[OURS]
    found = sorted(
        (-speed / own, name) for name, speed in row.decoding.items() if speed > own * (1 + NEAR) and _codes(row, name)
    )
    return f"{found[0][1]} {-found[0][0]:.1f}×{_and_others(len(found))}" if found else "–"


def _codes(row: Row, name: str) -> bool:
    """Return whether a method stores less than the plain weights; otherwise its decoder only copies."""
    return row.bits.get(name, row.plain) < SMALL * row.plain


def _and_others(number: int) -> str:
    return f", {number - 1} more" if number > 1 else ""


def _speeds(
    rows: list[Row], names: list[str], title: str, figures: Callable[[Row], dict[str, float]], how: str
) -> Table:
    shown = [name for name in names if any(name in figures(row) for row in rows)]
    copying = "copy" in shown
    lines = []
    for row in rows:
        share = [f"{row.of_copying(OURS):.2f}"] if copying else []
        others = (_number(figures(row).get(name), how) for name in shown)
        own = how.format(figures(row)[OURS])
        last = [faster(row)] if copying else []
        lines.append((row.source, row.form, own, *share, *others, *last))
    if not copying:
        return _table(title, (OURS, *shown), lines)
    legend = (
        f"of copying: {OURS} to copy; faster: the fastest rival that beats {OURS} and stores less than plain weights"
    )
    return _table(title, (OURS, "of copying", *shown, "faster"), lines, legend)


def _long(long: list[Long], names: list[str]) -> Table:
    shown = [name for name in names if name in long[0].seconds]
    lines = []
    for row in long:
        shares = (f"{row.of_copying(name):.3f}" for name in shown)
        part = f"{row.seconds['1 % of the rows'] / row.seconds[OURS]:.2%}"
        form = f"{row.form}, {row.weights / 1e6:.0f} M"
        copied = f"{row.octets / 1e9 / row.seconds['copy']:.1f}"
        lines.append((row.source, form, copied, f"{row.of_copying(OURS):.2f}", part, *shares))
    columns = ("copy, GB/s", OURS, "1 % of the rows", *shown)
    legend = "1 % of the rows: their time as a share of that of all rows"
    return _table("Long tensors: the speed of decoding as a share of copying", columns, lines, legend)


def aims_table(reached: list[tuple[str, str, bool]]) -> Table:
    """Make the table of what `aims` found."""
    lines = [(what, figure, "met" if met else "missed") for what, figure, met in reached]
    return Table("Aims", ("what was aimed at", "worst figure", ""), lines, names=2)


def aims(rows: list[Row], long: list[Long]) -> list[tuple[str, str, bool]]:
    """Compare the figures with what was aimed at.

    Returns:
        What was aimed at, the worst figure and where it is, and whether it is met; aims without a figure are left out.
    """
    large = [row for row in rows if row.weights > 0.99 * MILLION]
    real = [row for row in large if row.real]
    floats = [row for row in real if row.form == "bfloat16"]
    found = [_worst("bfloat16 of real weights: over 8 + H(exponent)", floats, lambda row: row.over, 0.010)]
    beside = [row for row in floats if "ZipNN" in row.bits]
    found.append(
        _worst(
            "bfloat16 of real weights: over ZipNN", beside, lambda row: row.bits[OURS] / row.bits["ZipNN"] - 1, 0.004
        )
    )
    for form, most in (("int4, groups", 0.02), ("int8", 0.015), ("float8", 0.015), ("int4, S", 0.015)):
        what = f"{form}: over its bound".replace("int4, S", "int4 at S = 0.5, 0.7").replace("groups", "groups of 128")
        found.append(_worst(what, [row for row in large if row.form.startswith(form)], lambda row: row.over, most))
    for form, least in (("bfloat16", 1.0), ("int4, groups", 0.6)):
        some = [row for row in large if row.form.startswith(form)]
        found.append(
            _worst(f"{form}: million weights encoded a second", some, lambda row: row.encoding[OURS], least, False)
        )
    for row in long:
        if row.form != "bfloat16":
            continue
        where = f"{row.source}, {row.weights / 1e6:.0f} M weights"
        figures = [("of copying", row.of_copying(OURS), 0.7), ("times ZipNN", _times(row, "ZipNN"), 8.0)]
        figures += [(f"times {name}", _times(row, name), 4.0) for name in ("zstd −3", "zstd −19")]
        for what, figure, least in figures:
            if figure is not None:
                found.append((f"bfloat16 decoded, {what}: ≥ {least:g}", f"{figure:.2f} ({where})", figure >= least))
        part = row.seconds["1 % of the rows"] / row.seconds[OURS]
        found.append(("bfloat16: time of 1 % of the rows: ≤ 3 %", f"{part:.2%} ({where})", part <= 0.03))
    return [aim for aim in found if aim is not None]


def _times(row: Long, name: str) -> float | None:
    return row.seconds[name] / row.seconds[OURS] if name in row.seconds else None


def _worst(
    what: str, rows: list[Row], figure: Callable[[Row], float], limit: float, most: bool = True
) -> tuple[str, str, bool] | None:
    """Find the worst figure of some rows, and whether it keeps to a limit."""
    if not rows:
        return None
    row = (max if most else min)(rows, key=figure)
    value = figure(row)
    shown, bound = (f"{value:+.2%}", f"≤ {limit:.1%}") if most else (f"{value:.2f}", f"≥ {limit:g}")
    return f"{what}: {bound}", f"{shown} ({row.source}, {row.form})", value <= limit if most else value >= limit


def picture(rows: list[Row], path: Path) -> None:
    """Draw the bits over the bound and the speed of decoding of the first source, by form and method."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator

    some = [row for row in rows if row.source == rows[0].source]
    places = range(len(some))
    figure = Figure(figsize=(11, 0.36 * len(some) + 1.6), layout="constrained")
    size, speed = figure.subplots(1, 2, sharey=True)
    methods = [OURS, *(rival.name for rival in RIVALS)]
    for i, name in enumerate(methods):
        marker, colour = "Dosv^P*X"[i % 8], f"C{i}"
        over = [100 * (row.bits[name] / row.bound - 1) if name in row.bits else None for row in some]
        shares = [row.of_copying(name) if _codes(row, name) else None for row in some]
        for axis, values in ((size, over), (speed, shares)):
            points = [(value, place) for value, place in zip(values, places, strict=True) if value is not None]
            if points:
                axis.scatter(*zip(*points, strict=True), marker=marker, color=colour, label=name, s=36)
    size.set_yticks(places, [row.form for row in some])
    size.invert_yaxis()
    size.set_xscale("symlog", linthresh=1)
    size.xaxis.set_major_locator(FixedLocator([-10, -3, -1, 0, 1, 3, 10]))
    size.xaxis.set_major_formatter("{x:g}")
    size.axvline(0, color="black", linewidth=0.8)
    size.set(xlabel="% over the entropy bound", title=f"{some[0].source}: size")
    speed.set_xscale("log")
    speed.axvline(1, color="black", linewidth=0.8)
    speed.set(xlabel="speed, as a share of copying the output", title="decoding, one core")
    size.legend(fontsize=8, frameon=False)
    for axis in (size, speed):
        axis.grid(True, axis="y", alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]], legend: str = "") -> Table:
    """Make a table with a blank line between sources."""
    lines: list[tuple[str, ...]] = []
    for row in rows:
        if lines and lines[-1][0] != row[0]:
            lines.append(())
        lines.append(row)
    return Table(title, ("weights", "form", *columns), lines, names=2, legend=legend)


def _number(value: float | None, how: str) -> str:
    return "" if value is None else how.format(value)
