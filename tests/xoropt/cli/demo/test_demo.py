"""The demo on real data: accuracy, exactness, and every figure of its table."""

import json

import pytest
from safetensors.numpy import load_file

import xoropt
from xoropt.cli.demo import training
from xoropt.cli.demo.predicting import PredictionTimes
from xoropt.cli.demo.run import Accuracies, DemoResult, Layer, RivalBits, WrittenFile
from xoropt.cli.tables.demo import print_demo
from xoropt.model.report import CarriedReport, ModelReport, TensorReport, TotalReport

STAGES = ("dense", "quantized", "compressed")
OF_LAYER = ("sparsity", "encode_seconds", "decode_seconds")


def report_of(figures):
    """The report whose JSON is `figures`."""

    def with_shape(kind, values):
        return kind(**values | {"shape": tuple(values["shape"])})

    return ModelReport(
        {name: with_shape(TensorReport, tensor) for name, tensor in figures["tensors"].items()},
        {name: with_shape(CarriedReport, tensor) for name, tensor in figures["carried"].items()},
        TotalReport(**figures["total"]),
    )


def result_of(figures):
    """The result whose JSON is `figures`."""
    stages = ("dense", "pruned", "before", "after", "compressed")
    shares = {stage: figures[f"accuracy_{stage}"] for stage in stages} | {"low_rank": figures["low_rank"]["accuracy"]}
    layers, tensors = {}, {}
    for name, tensor in figures["tensors"].items():
        rivals = RivalBits(**figures["rivals"][name])
        layers[name] = Layer(**{key: tensor[key] for key in OF_LAYER}, rivals=rivals)
        tensors[name] = {key: value for key, value in tensor.items() if key not in (*OF_LAYER, "ratio_to_float32")}
    return DemoResult(
        Accuracies(**shares),
        [PredictionTimes(**times) for times in figures["predictions"]],
        layers,
        report_of({"tensors": tensors, "carried": figures["carried"], "total": figures["total"]}),
        report_of({"carried": {}} | figures["low_rank"]),
        {stage: WrittenFile(**file) for stage, file in figures["files"].items()},
    )


@pytest.mark.slow
def test_demo(demo, xoropt_command, capfd):
    folder, done = demo
    assert (done.returncode, done.stderr) == (0, "")
    figures = json.loads(done.stdout)
    accuracies = [f"accuracy_{stage}" for stage in ("dense", "pruned", "before", "after", "compressed")]
    others = ["lossless", "predictions", "tensors", "carried", "total", "rivals", "low_rank", "files"]
    assert list(figures) == accuracies + others
    assert [times["images"] for times in figures["predictions"]] == [1, 450]
    assert figures["lossless"] is True
    assert figures["accuracy_before"] == figures["accuracy_after"] >= 0.94
    assert abs(figures["accuracy_compressed"] - figures["accuracy_after"]) < 0.005  # sums in another order
    assert set(figures["tensors"]) == {"fc1.weight", "fc2.weight", "fc3.weight"} == set(figures["rivals"])
    for name, tensor in figures["tensors"].items():
        assert abs(tensor["sparsity"] - 0.95) < 0.001
        assert tensor["planes"] == 1
        assert tensor["care_bits"] == round(0.05 * tensor["weights"])
        assert set(figures["rivals"][name]) == {"csr", "csr_packed", "bitmap", "zstd"}
        assert figures["rivals"][name]["bitmap"] == tensor["weights"] + tensor["care_bits"]
    cheap = figures["low_rank"]
    assert cheap["accuracy"] >= 0.9
    assert cheap["tensors"]["fc2.weight"]["mask_bits"] < 0.16 * 400_000
    assert cheap["total"]["bits_per_weight"] < figures["total"]["bits_per_weight"]
    result = result_of(figures)
    assert result.to_dict() == figures
    capfd.readouterr()
    print_demo(result)
    shown = capfd.readouterr().out
    for word in (
        "fc2.weight",
        "test accuracy",
        "Classifying, in ms",
        "every weight came back bit for bit: yes",
        "zstd -19",
    ):
        assert word in shown
    assert shown.count("layers as small as these are faster dense") <= 1  # whatever the numbers of images
    quantized = load_file(folder / "quantized.safetensors")
    back = xoropt.decompress(folder / "compressed.safetensors")
    assert all((back[name] == array).all() for name, array in quantized.items())


@pytest.mark.slow
def test_a_second_demo_replaces_its_own_files_alone(tmp_path, monkeypatch, xoropt_command):
    monkeypatch.setattr(training, "EPOCHS", dict.fromkeys(training.EPOCHS, 2))
    monkeypatch.chdir(tmp_path)
    paths = {stage: tmp_path / "xoropt-demo" / f"{stage}.safetensors" for stage in STAGES}
    assert xoropt_command("demo")[::2] == (0, "")
    first = {stage: path.read_bytes() for stage, path in paths.items()}
    paths["dense"].unlink()  # as if the first demo had been stopped
    inode = paths["quantized"].stat().st_ino
    assert xoropt_command("demo")[::2] == (0, "")
    assert {stage: path.read_bytes() for stage, path in paths.items()} == first
    assert paths["quantized"].stat().st_ino != inode

    def refused(stage):
        before = {path: path.read_bytes() for path in paths.values() if path.exists()}
        status, out, err = xoropt_command("demo")
        assert (status, out) == (1, "")
        assert err == (
            f"xoropt: {paths[stage].relative_to(tmp_path)}: exists already and is not from an earlier demo; "
            "name another folder with --out, or pass --force to replace it.\n"
        )
        assert {path: path.read_bytes() for path in paths.values() if path.exists()} == before

    for stage, path in paths.items():
        for foreign in (b"notes", first["dense" if stage != "dense" else "quantized"]):
            path.write_bytes(foreign)
            refused(stage)
        path.unlink()
        path.symlink_to(tmp_path / "elsewhere")
        refused(stage)
        path.unlink()
        path.write_bytes(first[stage])
    model = xoropt.load(paths["compressed"])
    xoropt.save(xoropt.CompressedModel(model.tensors), paths["compressed"], overwrite=True)
    refused("compressed")
    assert xoropt_command("demo", "--force")[::2] == (0, "")
    assert {stage: path.read_bytes() for stage, path in paths.items()} == first
