"""docs/hardware.md: its commands run on the demo's files, and its figures are roughly what they give."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

import xoropt
from xoropt.hardware import PortRates, count_cycles, stimulus_of

PAGE = (Path(__file__).parents[3] / "docs" / "hardware.md").read_text()


@pytest.mark.slow
@pytest.mark.debian("iverilog")
def test_the_commands_and_the_table(demo, tmp_path, monkeypatch, xoropt_command):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(demo[0], "xoropt-demo")
    demo_line, *lines = re.search(r"```sh\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
    assert demo_line == "xoropt demo"  # the fixture has run it
    compared = []
    for line in lines:
        arguments = shlex.split(line)[1:]
        status, out, err = xoropt_command(*arguments, *(["--json"] if arguments[0] == "hardware" else []))
        assert (status, err) == (0, ""), line
        figures = json.loads(out) if arguments[0] == "hardware" else {}
        if "simulation" in figures:
            assert figures["simulation"]["equal"] is True
            compared.append(figures["simulation"]["bits"])
        decoder = figures.get("decoders", {}).get("fc2.weight")
        if decoder is not None:  # another default of `auto` needs other figures there
            text = " ".join(PAGE.split())
            for words in (f"{decoder['gates']:,}", f"{decoder['register_bits']:,} register bits"):
                assert words in text, f"docs/hardware.md, Measured: '{words}' is missing after '{line}'"
    assert compared == [400_000] * 3

    stimulus = stimulus_of(xoropt.load("blocks.safetensors").tensors["fc2.weight"].encoded)
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for fifo, flips, *cycles in rows:
        config = stimulus.config(int(fifo), int(flips))
        for shown, rates in zip(cycles, (PortRates(), PortRates(outputs=128), PortRates(patches=128)), strict=True):
            found = count_cycles(stimulus.first, stimulus.counts, stimulus.patches[:, 0], 0, config, rates)
            # The demo's training differs a little between processors.
            assert int(shown.replace(",", "")) == pytest.approx(found.cycles, rel=0.1)
