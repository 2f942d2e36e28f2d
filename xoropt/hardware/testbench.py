"""A self-checking testbench for a decoder, and the stimulus files that it reads."""

import numpy as np

from xoropt.common.errors import ArgumentError
from xoropt.hardware.config import DecoderConfig
from xoropt.hardware.stimulus import Stimulus
from xoropt.hardware.verilog import Design

__all__ = ["FILES", "bench_files", "testbench_verilog"]

FILES = ("decoder.v", "testbench.v", "seeds.hex", "patches.hex", "expected.hex")
"""The files of a decoder, its testbench and its stimulus."""


def bench_files(stimulus: Stimulus, built: Design) -> dict[str, str]:
    """Return the texts of the five files of `FILES`, by name.

    Args:
        stimulus: what goes into the decoder and what is expected of it.
        built: the decoder.

    Raises:
        ArgumentError: the decoder is of another network, or its counters are too narrow for the stimulus.
    """
    config, needed = built.config, stimulus.config()
    if built.network != stimulus.network:
        raise ArgumentError("Argument 'built' must be a decoder of the stimulus's network; it is of another one.")
    if config.step_bits < needed.step_bits or config.rate_bits < needed.rate_bits:
        raise ArgumentError(
            f"This stimulus needs step_bits={needed.step_bits} and rate_bits={needed.rate_bits}, not "
            f"{config.step_bits} and {config.rate_bits}; take them from Stimulus.config()."
        )
    counts = _bits(stimulus.counts, _count_bits(stimulus))
    patches = _bits(stimulus.patch_words(config).astype(np.int64), config.patch_bits(stimulus.network.n_out))
    seeds = [stimulus.seeds[:, ::-1]]
    if config.rate_bits:
        widths = (_count_bits(stimulus), config.rate_bits, config.rate_bits)
        seeds = [_bits(column, width) for column, width in zip(stimulus.rates.T, widths, strict=True)] + seeds
    seeds = [stimulus.first[:, None], *seeds]
    texts = (
        built.verilog,
        testbench_verilog(stimulus, config),
        _hex(np.concatenate(seeds, axis=1)),
        _hex(patches),
        _hex(np.concatenate([counts, stimulus.known[:, ::-1], stimulus.expected[:, ::-1]], axis=1)),
    )
    return dict(zip(FILES, texts, strict=True))


def _count_bits(stimulus: Stimulus) -> int:
    """Return the width of a number of outputs."""
    return stimulus.network.n_out.bit_length()


def _bits(values: np.ndarray, width: int) -> np.ndarray:
    """Return numbers as bits, highest first: bool (count, width)."""
    return (values[:, None] >> np.arange(width, dtype=np.int64)[::-1]) & 1 != 0


def _hex(bits: np.ndarray) -> str:
    """Return rows of bits, highest first, as lines of hexadecimal digits."""
    count, width = bits.shape
    octets = -(-width // 8)
    padded = np.zeros((count, 8 * octets), dtype=bool)
    padded[:, 8 * octets - width :] = bits
    digits = np.packbits(padded, axis=1).tobytes().hex()
    skip, length = 2 * octets - -(-width // 4), 2 * octets
    return "".join(f"{digits[at + skip : at + length]}\n" for at in range(0, count * length, length))


def testbench_verilog(stimulus: Stimulus, config: DecoderConfig) -> str:
    """Return a testbench that offers seeds and patches, compares each output with the expected one, and counts cycles.

    The plus-arguments +seeds=R +patches=R +outputs=R open a port in R of 256 cycles, as `PortRates` does. The last line
    that it prints is `PASS` or `FAIL` with the steps, mismatches and cycles.

    Args:
        stimulus: what goes into the decoder and what is expected of it.
        config: the decoder's configuration.
    """
    n_in, n_out = stimulus.network.n_in, stimulus.network.n_out
    count, rate, patch = _count_bits(stimulus), config.rate_bits, config.patch_bits(n_out)
    rates = count + 2 * rate if rate else 0
    word = 1 + rates + n_in
    run = ""
    if rate:
        low, middle = n_in + rate, n_in + 2 * rate
        run = (
            f"    .run_base(word[{word - 2}:{middle}]), .run_step(word[{middle - 1}:{low}]),\n"
            f"    .run_modulus(word[{low - 1}:{n_in}]),\n"
        )
    patches = len(stimulus.patches) + 1
    return f"""module testbench;
  reg clk = 1'b0, reset = 1'b1;
  always #1 clk = ~clk;
  reg [{word - 1}:0] seeds [0:{len(stimulus.seeds) - 1}];
  reg [{patch - 1}:0] patches [0:{patches - 1}];
  reg [{count + 2 * n_out - 1}:0] expected [0:{len(stimulus.counts) - 1}];
  reg [31:0] cycle = 0;
  integer seed = 0, patch = 0, step = 0, mismatches = 0, seed_rate = 256, patch_rate = 256, out_rate = 256;
  wire [31:0] seed_hash = cycle * 32'd2654435769;
  wire [31:0] patch_hash = cycle * 32'd2246822507;
  wire [31:0] out_hash = cycle * 32'd3266489917;
  wire seed_valid = ~reset & seed < {len(stimulus.seeds)} & seed_hash[31:24] < seed_rate;
  wire patch_valid = ~reset & patch < {patches} & patch_hash[31:24] < patch_rate;
  wire out_ready = ~reset & out_hash[31:24] < out_rate;
  wire [{word - 1}:0] word = seeds[seed];
  wire [{count + 2 * n_out - 1}:0] want = expected[step];
  wire seed_ready, patch_ready, out_valid;
  wire [{n_out - 1}:0] out_data;
  wire [{count - 1}:0] out_count;
  decoder decoder (.clk(clk), .reset(reset),
    .seed_data(word[{n_in - 1}:0]), .seed_first(word[{word - 1}]), .seed_valid(seed_valid), .seed_ready(seed_ready),
{run}    .patch_data(patches[patch]), .patch_valid(patch_valid), .patch_ready(patch_ready),
    .out_data(out_data), .out_count(out_count), .out_valid(out_valid), .out_ready(out_ready));
  initial begin
    $readmemh("seeds.hex", seeds);
    $readmemh("patches.hex", patches);
    $readmemh("expected.hex", expected);
    if ($value$plusargs("seeds=%d", seed_rate));
    if ($value$plusargs("patches=%d", patch_rate));
    if ($value$plusargs("outputs=%d", out_rate));
    repeat (2) @(posedge clk);
    @(negedge clk) reset = 1'b0;
  end
  always @(posedge clk) if (~reset) begin
    cycle <= cycle + 1;
    if (seed_valid & seed_ready) seed <= seed + 1;
    if (patch_valid & patch_ready) patch <= patch + 1;
    if (out_valid & out_ready) begin
      if (out_count !== want[{count + 2 * n_out - 1}:{2 * n_out}]
          || ((out_data ^ want[{n_out - 1}:0]) & want[{2 * n_out - 1}:{n_out}]) !== {n_out}'d0) begin
        if (mismatches < 10) $display("step %0d: %h %h, expected %h", step, out_count, out_data, want);
        mismatches <= mismatches + 1;
      end
      step <= step + 1;
    end
    if (step == {len(stimulus.counts)}) begin
      $display("%0s steps %0d mismatches %0d cycles %0d", mismatches ? "FAIL" : "PASS", step, mismatches, cycle);
      $finish;
    end
    if (cycle > 32'd{_most_cycles(stimulus)}) begin
      $display("FAIL steps %0d mismatches %0d cycles %0d", step, mismatches, cycle);
      $finish;
    end
  end
endmodule
"""


def _most_cycles(stimulus: Stimulus) -> int:
    """Return a number of cycles that no rate of the ports exceeds."""
    return min(2**32 - 2, 600 * (len(stimulus.seeds) + len(stimulus.patches) + len(stimulus.counts) + 256))
