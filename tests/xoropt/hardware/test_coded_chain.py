"""From seeds to weights: the decoders of all planes and the stage of values, simulated in Icarus Verilog together.

Each XOR network has a decoder with its own seeds and patches, whose outputs go into a buffer of planes. Planes that are
stored as they are fill their buffer directly. The stage of values reads the buffers, and makes the weights.
"""

import subprocess

import numpy as np
import pytest

import xoropt
from xoropt.codec.decoder import decode
from xoropt.hardware import design, stimulus_of, values_verilog
from xoropt.hardware.testbench import bench_files
from xoropt.model.compiled_weights import mask_of

DECODER = """
  reg [{word}-1:0] seeds{k} [0:{words}-1];
  reg [{patch}-1:0] patches{k} [0:{patches}-1];
  reg [31:0] at{k} [0:{n_out}*{steps}-1];
  integer seed{k} = 0, patch{k} = 0, step{k} = 0, i{k};
  wire seed_ready{k}, patch_ready{k}, out_valid{k};
  wire [{n_out}-1:0] out{k};
  wire [{count}-1:0] count{k};
  wire [{word}-1:0] word{k} = seeds{k}[seed{k}];
  decoder{k} d{k} (.clk(clk), .reset(reset), .seed_data(word{k}[{n_in}-1:0]), .seed_first(word{k}[{word}-1]),
    .seed_valid(~reset & seed{k} < {words}), .seed_ready(seed_ready{k}),
    {run}
    .patch_data(patches{k}[patch{k}]), .patch_valid(~reset & patch{k} < {patches}), .patch_ready(patch_ready{k}),
    .out_data(out{k}), .out_count(count{k}), .out_valid(out_valid{k}), .out_ready(~reset));
  initial begin
    $readmemh("seeds{k}.hex", seeds{k}); $readmemh("patches{k}.hex", patches{k}); $readmemh("at{k}.hex", at{k});
  end
  always @(posedge clk) if (~reset) begin
    if (seed{k} < {words} & seed_ready{k}) seed{k} <= seed{k} + 1;
    if (patch{k} < {patches} & patch_ready{k}) patch{k} <= patch{k} + 1;
    if (out_valid{k}) begin
      for (i{k} = 0; i{k} < count{k}; i{k} = i{k} + 1)
        if (at{k}[{n_out} * step{k} + i{k}] != 32'hffffffff) planes[at{k}[{n_out} * step{k} + i{k}]] <= out{k}[i{k}];
      step{k} <= step{k} + 1;
    end
  end
"""
BENCH = """
module bench;
  reg clk = 1'b0, reset = 1'b1;
  always #1 clk = ~clk;
  reg planes [0:{bits}-1];
  reg kept [0:{weights}-1];
  reg [{width}-1:0] expected [0:{weights}-1];
{decoders}
  reg [{planes}-1:0] of_weight;
  reg is_kept;
  wire [{width}-1:0] weight;
  values values (.kept(is_kept), .planes(of_weight), .weights(weight));
  integer w, p, wrong;
  initial begin
    $readmemb("planes.bin", planes); $readmemb("kept.bin", kept); $readmemh("weights.hex", expected);
    repeat (2) @(posedge clk);
    @(negedge clk) reset = 1'b0;
    wait ({done});
    @(negedge clk) wrong = 0;
    for (w = 0; w < {weights}; w = w + 1) begin
      for (p = 0; p < {planes}; p = p + 1) of_weight[p] = planes[p * {weights} + w];
      is_kept = kept[w]; #1;
      if (weight !== expected[w]) wrong = wrong + 1;
    end
    $display("wrong %0d of %0d", wrong, w);
    $finish;
  end
endmodule
"""


def numbers(kind):
    rng = np.random.default_rng(3)
    weights = rng.standard_normal((64, 128)).astype(np.float32)
    if kind == "pruned float16":
        return np.where(rng.random(weights.shape) < 0.3, weights, 0).astype(np.float16)
    return np.clip(np.rint(weights * 9), -127, 127).astype(np.int8)


def decoder_bench(k, begin, stimulus, built, folder):
    """Write the files of decoder k, whose first bit is bit `begin` of all planes, and return its part of the bench."""
    config, network = built.config, built.network
    files = bench_files(stimulus, built)
    (folder / f"decoder{k}.v").write_text(built.verilog)
    (folder / f"seeds{k}.hex").write_text(files["seeds.hex"])
    (folder / f"patches{k}.hex").write_text(files["patches.hex"])
    at = np.where(stimulus.at < 0, 0xFFFFFFFF, stimulus.at + begin).reshape(-1)
    (folder / f"at{k}.hex").write_text("\n".join(f"{place:x}" for place in at.tolist()))
    count, rate, n_in = network.n_out.bit_length(), config.rate_bits, network.n_in
    word, run = 1 + n_in + (count + 2 * rate if rate else 0), ""
    if rate:
        low, middle = n_in + rate, n_in + 2 * rate
        run = f".run_base(word{k}[{word - 2}:{middle}]), .run_step(word{k}[{middle - 1}:{low}]), "
        run += f".run_modulus(word{k}[{low - 1}:{n_in}]),"
    sizes = {"word": word, "words": len(stimulus.seeds), "n_in": n_in, "n_out": network.n_out, "count": count}
    sizes |= {"patch": config.patch_bits(network.n_out), "patches": len(stimulus.patches) + 1}
    return DECODER.format(k=k, steps=len(stimulus.counts), run=run, **sizes)


@pytest.mark.debian("iverilog")
@pytest.mark.parametrize("kind", ["pruned float16", "int8"])
def test_weights_from_seeds_are_the_softwares(kind, tmp_path):
    given = numbers(kind)
    tensor = xoropt.compress({"w": given}).tensors["w"]
    members, levels, mask = tensor.encoded.members, tensor.levels, mask_of(tensor)
    assert sum(member.has_network for member in members) >= 2
    text, done, begin, stored = "", [], 0, []
    for k, member in enumerate(members):
        if member.has_network:
            stimulus = stimulus_of(member)
            built = design(member.network, stimulus.config(), name=f"decoder{k}")
            text += decoder_bench(k, begin, stimulus, built, tmp_path)
            done.append(f"step{k} == {len(stimulus.counts)}")
            stored.append(np.full(len(member.seeds) * given.size, "x"))
        else:
            plain = np.asarray(decode(member, mask=mask) if member.needs_mask else decode(member)).reshape(-1)
            stored.append(np.where(plain, "1", "0"))
        begin += len(member.seeds) * given.size
    (tmp_path / "planes.bin").write_text("\n".join(np.concatenate(stored).tolist()))
    (tmp_path / "kept.bin").write_text("\n".join("01"[int(kept)] for kept in mask.ravel()))
    patterns = given.ravel().view(levels.form.pattern)
    listed = tensor.listed.at
    assert len(listed) < given.size // 100  # too rare for a codeword; whoever takes the weights puts them in
    (tmp_path / "weights.hex").write_text("\n".join(f"{pattern:x}" for pattern in patterns.tolist()))
    (tmp_path / "values.v").write_text(values_verilog(levels))
    sizes = {"bits": begin, "weights": given.size, "width": levels.form.bits, "planes": begin // given.size}
    (tmp_path / "bench.v").write_text(BENCH.format(decoders=text, done=" && ".join(done), **sizes))
    sources = sorted(path.name for path in tmp_path.glob("*.v"))
    subprocess.run(["iverilog", "-g2005", "-o", "a.vvp", *sources], cwd=tmp_path, check=True)
    run = subprocess.run(["vvp", "-n", "a.vvp"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    assert f"wrong {len(listed)} of {given.size}" in run.stdout
