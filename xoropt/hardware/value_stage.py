"""The last stage of a decoder of coded values: from the planes of a weight to its bits, by a small table.

The XOR networks of a tensor's planes come before this stage, one decoder (`xoropt.hardware.design`) for each plane. A
plane's bit behind the end of a codeword has no meaning; the table's entries leave it open. Nothing waits and nothing is
of variable length: the stage is combinational, a `casez` of as many entries as there are codewords.
"""

from xoropt.circuits.verilog import check_name
from xoropt.common.arguments import check_int
from xoropt.common.errors import ArgumentError
from xoropt.common.kinds import checked
from xoropt.quantize.levels import CodedField
from xoropt.quantize.prefix_codes import plane_words

__all__ = ["MAX_LANES", "values_verilog"]

MAX_LANES = 512
"""The most weights that the stage makes in a cycle."""


@checked
def values_verilog(levels: CodedField, lanes: int = 1, name: str = "values") -> str:
    """Write the stage that makes weights of the planes' bits.

    Weights that the tensor lists, because they are too rare for a codeword, are not made here: whoever takes the
    weights puts them in.

    Args:
        levels: the coded field of a tensor, with the same values for every row.
        lanes: the weights of a cycle.
        name: the name of the module.

    Returns:
        Verilog-2001, a module with the ports `kept`, a bit for each lane; `planes`, for each lane its planes, the raw
        field first and the lowest bit of the first lane lowest; and `weights`, for each lane the bits of its weight.

    Raises:
        ArgumentError: rows have values of their own, or another argument is out of range.
    """
    check_name(name)
    check_int("lanes", lanes, 1, MAX_LANES)
    if levels.values.ndim != 1:
        raise ArgumentError("Argument 'levels' must have one table for all rows, not one for each.")
    form, width = levels.form, levels.code_planes
    planes = form.raw_bits + width
    image_bits = form.bits - form.zeros
    top = image_bits - form.raw_bits
    lines = [
        f"module {name} (",
        f"  input [{lanes - 1}:0] kept,",
        f"  input [{lanes * planes - 1}:0] planes,",
        f"  output [{lanes * form.bits - 1}:0] weights",
        ");",
    ]
    if width:
        lines += [f"  function [{top - 1}:0] coded(input [{width - 1}:0] code);", "    casez (code)"]
        lines += _entries(levels, width, top)
        lines += [f"      default: coded = {top}'d0;", "    endcase", "  endfunction"]
    lines += ["  genvar i;", "  generate for (i = 0; i < " + str(lanes) + "; i = i + 1) begin : lane"]
    lines.append(f"    wire [{image_bits - 1}:0] image;")
    code = f"planes[i * {planes} + {form.raw_bits} +: {width}]"
    whole = f"coded({code})" if width else f"{top}'d{int(levels.values[0]) >> form.raw_bits & (1 << top) - 1}"
    lines.append(f"    assign image[{image_bits - 1}:{form.raw_bits}] = {whole};")
    if form.raw_bits:
        lines.append(f"    assign image[{form.raw_bits - 1}:0] = planes[i * {planes} +: {form.raw_bits}];")
    parts = [f"image[{image_bits - 1}:0]"]
    if form.sign_last:
        parts = ["image[0]", f"image[{image_bits - 1}:1]"]
    if form.zeros:
        parts.append(f"{form.zeros}'d0")
    number = "{" + ", ".join(parts) + "}"
    pruned = f"{form.bits}'d{levels.fill}"
    if levels.signed_fill:
        pruned = f"{{image[0], {form.bits - 1}'d0}}"
    lines.append(f"    assign weights[i * {form.bits} +: {form.bits}] = kept[i] ? {number} : {pruned};")
    return "\n".join([*lines, "  end endgenerate", "endmodule", ""])


def _entries(levels: CodedField, width: int, top: int) -> list[str]:
    """Return the entries of the table: the first bits of a codeword are the lowest of its code."""
    lines = []
    words = plane_words(levels.lengths).tolist()
    for word, length, value in zip(words, levels.lengths.tolist(), levels.values.tolist(), strict=False):
        digits = f"{word:0{width}b}"[width - length :] if length else ""
        number = (value >> levels.form.raw_bits) & ((1 << top) - 1)
        lines.append(f"      {width}'b{'?' * (width - length)}{digits}: coded = {top}'d{number};")
    return lines
