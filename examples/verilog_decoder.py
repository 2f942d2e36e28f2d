"""Write the decoder of a stored layer in Verilog, with a testbench that feeds it that layer.

Run it with `python examples/verilog_decoder.py`. It writes decoder/. Where Icarus Verilog is installed (the Debian
package iverilog), it simulates the decoder and compares every bit.
"""

import shutil

import numpy as np

import xoropt
from xoropt.hardware import design, simulate, stimulus_of
from xoropt.hardware.study import study

# A layer, pruned to 90 % and stored with one bit for each kept weight.
weights = np.random.default_rng(0).standard_normal((512, 512), dtype=np.float32)
xoropt.save(xoropt.compress({"fc": weights}, sparsity=0.9, bits=1), "layer.safetensors", overwrite=True)

# The stored seeds and patches become words for the decoder's ports.
stored = xoropt.load("layer.safetensors").tensors["fc"]
stimulus = stimulus_of(stored.encoded.main)
decoder = design(stimulus.network, stimulus.config())
print(f"{decoder.cost.gates_per_output:.2f} XOR gates per output, {decoder.cost.flip_flops} flip-flops")

# The same in one call, with files.
study("layer.safetensors", tensor="fc", out="decoder", overwrite=True)

if shutil.which("iverilog"):
    (run,) = simulate(stimulus, decoder)
    assert run.equal
    print(f"{run.bits} bits in {run.cycles} cycles, all of them right")
