"""Every public function with arguments of wrong kinds: the library's own errors in one line, never a raw one."""

import inspect
import itertools
from functools import cache, partial

import numpy as np
import pytest
import xoropt_solvers
from safetensors.numpy import save_file

import xoropt
from xoropt import circuits, hardware, masks, networks, quantize

WRONG = (
    *(None, "text", b"bytes", -1, 0, 2.5, float("nan"), True, 10**30, [], {}, (), object(), "\0"),
    *(np.zeros((2, 3, 4)), np.array(["a"]), np.zeros((0, 3), dtype=bool), slice("a")),
    *({"w": None}, {1: 2}, [None], ["a", "b"], {"w": "text"}),
)
"""What stands in the place of each argument, one after the other; some of it is right here and there."""
FUNCTIONS = ("progress", "on_improve", "listener")
"""Arguments that are called; what they raise themselves is the caller's."""
SOLVED = {"solver": "greedy", "time_limit": 0.2}


class Examples:
    """Right arguments of the public functions, by the function's name."""

    def __init__(self, folder):
        rng = np.random.default_rng(0)
        weights = np.where(rng.random((32, 64)) < 0.9, 0, rng.choice([-1, 1], (32, 64))).astype(np.float32)
        self.arrays, self.mask = {"w": weights}, weights != 0
        self.model = xoropt.compress(self.arrays)
        self.tensor = self.model["w"]
        self.network = networks.random_block(8, 40)
        self.windowed = networks.windowed(n_in=8, n_out=16, window=32, taps=3)
        self.staged = networks.staged(n_in=8, n_out=20)
        care = rng.random((8, 50)) < 0.1
        self.bits = {"bits": rng.random((8, 50)) < 0.5, "care": care}
        self.encoded = xoropt.encode(**self.bits, network=self.network, solver="greedy")
        self.matrix = rng.random((5, 6)) < 0.5
        self.circuit = circuits.synthesize(self.matrix, "paar", 0.1)
        self.problem = xoropt_solvers.ParityProblem(self.matrix, np.ones(5, dtype=bool))
        self.codec, self.parts = masks.encode_mask(self.mask)
        self.stimulus = hardware.random_stimulus(self.windowed, steps=20, patches=3)
        self.folder, self.numbers = folder, itertools.count()
        (folder / "plain").mkdir()
        save_file(self.arrays, folder / "plain" / "model.safetensors")
        xoropt.compress_checkpoint(folder / "plain", folder / "small")
        xoropt.save(self.model, folder / "model.safetensors")
        (folder / "c.slp").write_text(circuits.to_slp(self.circuit))
        (folder / "m.txt").write_text("101\n011\n")

    def new(self, end):
        return str(self.folder / f"new{next(self.numbers)}{end}")

    def calls(self):
        """Every function, by a name, with its right arguments."""
        small, one = self.folder / "small", {"tensor": self.tensor, "x": np.ones(64, np.float32)}
        coded = {"codes": np.ones((4, 8), np.int8), "scales": np.ones(4, np.float32), "mask": None}
        quantized = quantize.recognize(self.arrays["w"])
        field = xoropt.compress({"w": np.random.default_rng(0).normal(size=(64, 64)).astype(np.float32)})["w"].levels
        shape, out = self.mask.shape, self.folder
        yield xoropt.compress, {"tensors": self.arrays, "config": None, "metadata": {"a": "b"}, "factors": None}
        yield (
            xoropt.compress,
            {"tensors": self.arrays, "sparsity": 0.5, "bits": 1, "include": ("w",), "network": "auto"},
        )
        yield xoropt.compress_checkpoint, {"source": out / "plain", "out": partial(self.new, ""), "overwrite": False}
        yield xoropt.decode, {"encoded": self.encoded, "decoder": "auto", "rows": None, "mask": None, "out": None}
        yield xoropt.decompress, {"source": self.model, "decoder": "auto", "max_size": None, "progress": None}
        yield (
            xoropt.decompress_checkpoint,
            {"source": small, "out": partial(self.new, ""), "to": "original", "max_size": None},
        )
        yield xoropt.decompress_tensor, {"tensor": self.tensor, "decoder": "auto", "rows": None, "jobs": None}
        yield xoropt.encode, {**self.bits, "network": self.network, "solver": "greedy", "order": None, "planes": None}
        yield xoropt.from_bytes, {"data": self.encoded.to_bytes()}
        yield xoropt.inspect_checkpoint, {"source": out / "plain", "config": None, "progress": None}
        yield xoropt.load, {"path": out / "model.safetensors"}
        yield xoropt.matvec, {**one, "mask": None, "jobs": None, "cache": "none"}
        yield xoropt.rmatvec, {"tensor": self.tensor, "x": np.ones(32, np.float32), "jobs": None, "cache": "none"}
        yield xoropt.open_checkpoint, {"path": small, "decoder": "auto"}
        yield lambda **given: dict(xoropt.prepare(**given)), {"tensors": self.arrays, "config": None, "factors": None}
        yield xoropt.report, {"model": self.model, "path": out / "model.safetensors"}
        yield xoropt.save, {"model": self.model, "path": partial(self.new, ".safetensors"), "overwrite": False}
        yield xoropt.verify, {"path": self.model, "tensors": self.arrays, "decoder": "auto", "progress": None}
        yield xoropt.verify_checkpoint, {"original": out / "plain", "compressed": small, "progress": None}
        yield xoropt.CodedTensor, coded | {"zero_points": None, "group_size": None}
        yield xoropt.CompressedModel, {"tensors": dict(self.model.tensors), "metadata": {}}
        yield xoropt.CompressConfig, {name: p.default for name, p in _params(xoropt.CompressConfig).items()}
        problem = {"problem": self.problem, **SOLVED, "on_improve": None}
        yield xoropt_solvers.solve, problem
        yield xoropt_solvers.solve_many, {"problems": [self.problem], **SOLVED, "jobs": 1}
        yield xoropt_solvers.distance, {"H": self.matrix, "logicals": None, **SOLVED, "on_improve": None}
        yield (
            xoropt_solvers.ParityProblem,
            {"A": self.matrix, "b": np.ones(5, bool), "weights": None, "fixed": None, "hard": None},
        )
        yield xoropt_solvers.ParityProblem.from_checks, {"H": self.matrix, "s": np.ones(5, bool), "weights": None}
        gates = {"matrix": self.matrix, "time_limit": 0.05, "max_depth": None, "seed": 0}
        yield circuits.synthesize, gates | {"method": "paar", "max_inputs": 2, "resume": None}
        yield circuits.front, gates
        yield circuits.circuit_for, {"matrix": self.matrix, "circuit": self.circuit}
        yield circuits.XorCircuit, {"n_in": 2, "operands": np.array([[0, 1]]), "outputs": np.array([2])}
        yield circuits.matrix_verilog, {"matrix": self.matrix, "name": "m"}
        yield circuits.least_depth, {"matrix": self.matrix, "max_inputs": 2}
        for form in ("blif", "json", "slp", "text", "verilog"):
            text = getattr(circuits, f"to_{form}")(self.circuit)
            yield getattr(circuits, f"from_{form}"), {"text": text, "source": "circuit"}
        for form in ("blif", "c", "dot", "json", "networkx", "slp", "svg", "text", "verilog"):
            yield getattr(circuits, f"to_{form}"), {"circuit": self.circuit}
        yield circuits.from_networkx, {"graph": circuits.to_networkx(self.circuit)}
        yield circuits.read_circuit, {"path": out / "c.slp", "n_in": None}
        yield circuits.read_matrix, {"path": out / "m.txt"}
        yield circuits.write_circuit, {"path": partial(self.new, ".slp"), "circuit": self.circuit, "overwrite": False}
        yield xoropt.explore.read_space, {"source": None}
        yield xoropt.explore.Space.from_dict, {"description": {"block": {"n_in": [8]}}, "where": "here"}
        yield hardware.cost, {"network": self.windowed, "synthesis": None, "time_limit": 0.1, "config": None}
        counts = {"counts": np.array([8, 8]), "patch_steps": np.array([1, 1]), "lag": 1, "config": None, "rates": None}
        yield hardware.count_cycles, {"first": np.array([True, False, False]), **counts}
        yield hardware.design, {"network": self.windowed, "config": None, "synthesis": None, "name": "d"}
        yield hardware.random_stimulus, {"network": self.windowed, "steps": 10, "patches": 3, "seed": 0}
        yield hardware.stimulus_of, {"encoded": self.encoded}
        yield hardware.values_verilog, {"levels": field, "lanes": 1, "name": "v"}
        yield hardware.DecoderConfig, {"fifo": 4, "flips": 1, "step_bits": 24, "rate_bits": 0}
        yield hardware.PortRates, {"seeds": 256, "patches": 256, "outputs": 256}
        yield masks.encode_mask, {"mask": self.mask, "codec": "auto", "jobs": 1, "effort": "normal"}
        yield masks.plan_mask, {"mask": self.mask, "codec": "auto"}
        yield (
            masks.decode_mask,
            {"codec": self.codec, "parts": self.parts, "shape": shape, "size": self.mask.size, "rows": None},
        )
        yield masks.check_codec, {"name": "auto"}
        yield masks.stored_bytes, {"parts": self.parts}
        for name in ("block", "sequential", "windowed", "staged", "cascade"):
            topology = networks.TOPOLOGIES[name]
            yield topology, {name: param.default for name, param in _params(topology).items()}
        yield networks.from_matrix, {"matrix": self.matrix, "n_in": None}
        yield networks.from_networkx, {"graph": networks.to_networkx(self.network)}
        yield networks.from_recipe, {"recipe": self.network.recipe}
        yield networks.from_stages, {"stages": self.staged.stages, "n_in": 8}
        yield networks.measures, {"network": self.windowed, "care_bits": 50}
        yield networks.to_circuit_graph, {"network": self.staged}
        yield networks.to_networkx, {"network": self.network}
        weights = {"weights": self.arrays["w"]}
        yield quantize.binary_code, weights | {"mask": self.mask, "planes": 1, "scales": "tensor", "rounds": 3}
        yield quantize.codebook, weights
        yield quantize.recognize, weights
        yield quantize.prune, weights | {"sparsity": 0.5}
        yield quantize.prune_globally, {"tensors": self.arrays, "sparsity": 0.5}
        yield quantize.dequantize, {"tensor": quantized}
        yield quantize.value_entropy, {"tensor": quantized}


@cache
def _params(function):
    return inspect.signature(function).parameters


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    found = list(Examples(tmp_path_factory.mktemp("wrong")).calls())
    return found


NUMBER = 85
"""At least as many calls as there are; the last ones are empty."""


def _run(function, given):
    """Call a function; return what a raw error says of it, and None where it ran or refused in one line."""
    given = {name: value() if isinstance(value, partial) else value for name, value in given.items()}
    try:
        function(**given)
    except (xoropt.XoroptError, xoropt_solvers.SolverError) as error:
        return None if "\n" not in str(error) and str(error) else f"an error of {str(error)!r:.80}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("number", range(NUMBER))
@pytest.mark.filterwarnings("ignore")
def test_wrong_and_exchanged_arguments(number, calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # "text" is a path, too
    assert len(calls) <= NUMBER
    if number >= len(calls):
        pytest.skip("there are no more functions")
    function, right = calls[number]
    raw = {}
    for name in right:
        for wrong in (*WRONG, right):
            if name == "time_limit" and repr(wrong) in ("None", str(10**30)):
                continue  # no limit is allowed
            said = _run(function, right | {name: wrong})
            if said is not None:
                raw[f"{name}={wrong!r:.40}"] = said
    for one, other in itertools.combinations(right, 2):
        said = _run(function, right | {one: right[other], other: right[one]})
        if said is not None:
            raw[f"{one} and {other} exchanged"] = said
    assert raw == {}, getattr(function, "__name__", function)
