"""XOR netlists in Verilog: one module of assignments and xor primitives, as `to_verilog` and synthesis tools write."""

import re

from xoropt.circuits.circuit import XorCircuit
from xoropt.circuits.formats.wiring import MOST_NAMES, circuit_of
from xoropt.common.errors import FormatError
from xoropt.common.foreign_text import shown
from xoropt.common.kinds import checked

__all__ = ["from_verilog"]

_NAME = r"[A-Za-z_][A-Za-z0-9_$]*|\\\S+"
_SIGNAL = re.compile(rf"({_NAME})\s*(?:\[\s*(\d{{1,7}})\s*\])?|1'[bh]0")
_DECLARED = re.compile(
    r"(input|output|wire|logic|reg)\b((?:\s+(?:wire|logic|reg|signed))*)\s*(\[[^]]*\])?(.*)", re.DOTALL
)
_PRIMITIVE = re.compile(rf"(xor|buf)\s*(?:{_NAME})?\s*\((.*)\)", re.DOTALL)


@checked
def from_verilog(text: str, source: str = "circuit") -> XorCircuit:
    """Return the circuit of a module; inputs and outputs are in the order of their declarations, low bits first.

    Raises:
        FormatError: a statement is no declaration, no sum and no xor or buf; the message shows it.
    """
    text = re.sub(r"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)|`[^\n]*", " ", text, flags=re.DOTALL)
    match = re.search(rf"\bmodule\s+(?:{_NAME})\s*(?:\((.*?)\))?\s*;(.*?)\bendmodule\b", text, re.DOTALL)
    if match is None:
        raise FormatError(f"{source}: has no module; give one with 'module name (ports); … endmodule'.")
    ports: dict[str, list[str]] = {"input": [], "output": []}
    widths: dict[str, list[str]] = {}
    sums: dict[str, list[str]] = {}

    def declare(statement: str) -> None:
        """Enter the names of a declaration, and what it assigns."""
        found = _DECLARED.fullmatch(statement)
        assert found is not None
        bits = _range(found[3], source)
        for item in found[4].split(","):
            name, equals, value = (part.strip() for part in item.partition("="))
            names = [name] if bits is None else [f"{name}[{i}]" for i in bits]
            widths[name] = names
            if found[1] in ports:
                ports[found[1]] += names
            if equals:
                assign(name, value)

    def assign(left: str, right: str) -> None:
        """Enter a sum."""
        targets = _names(left, widths, source)
        terms = [_names(term, widths, source) for term in right.replace("(", " ").replace(")", " ").split("^")]
        if any(len(term) != len(targets) for term in terms):
            raise FormatError(f"{source}: {shown(left[:30])!r} and what is assigned to it differ in width.")
        for i, target in enumerate(targets):
            if target in sums:
                raise FormatError(f"{source}: {shown(target[:30])!r} is assigned to twice.")
            sums[target] = [term[i] for term in terms]

    for port in re.split(r",(?=\s*(?:input|output)\b)", match[1] or ""):
        if _DECLARED.fullmatch(port.strip()):
            declare(port.strip())
    for statement in (part.strip() for part in match[2].split(";")):
        primitive = _PRIMITIVE.fullmatch(statement)
        if not statement:
            continue
        if statement.startswith("assign ") and "=" in statement:
            left, _, right = statement[len("assign ") :].partition("=")
            assign(left.strip(), right.strip())
        elif primitive is not None:
            left, *operands = [item.strip() for item in primitive[2].split(",")]
            assign(left, " ^ ".join(operands))
        elif _DECLARED.fullmatch(statement):
            declare(statement)
        else:
            raise FormatError(
                f"{source}: the statement {shown(' '.join(statement.split())[:40])!r} can't be read; a netlist has"
                " declarations, assignments of sums (^), xor and buf."
            )
    return circuit_of(ports["input"], sums, ports["output"], source)


def _range(text: str | None, source: str) -> list[int] | None:
    """Return the bits of a range such as [31:0], the lowest first; None for no range."""
    if text is None:
        return None
    match = re.fullmatch(r"\[\s*(\d{1,7})\s*:\s*(\d{1,7})\s*\]", text)
    if match is None or abs(int(match[1]) - int(match[2])) >= MOST_NAMES:
        raise FormatError(f"{source}: {shown(text[:30])!r} is no range; give one such as [31:0].")
    low, high = sorted((int(match[1]), int(match[2])))
    return list(range(low, high + 1))


def _names(text: str, widths: dict[str, list[str]], source: str) -> list[str]:
    """Return the bits that a term names."""
    match = _SIGNAL.fullmatch(text.strip())
    if match is None:
        raise FormatError(f"{source}: {shown(text.strip()[:30])!r} is not a signal; a sum adds signals by '^'.")
    if match[1] is None:
        return ["0"]
    if match[2] is not None:
        return [f"{match[1]}[{int(match[2])}]"]
    return widths.get(match[1], [match[1]])
