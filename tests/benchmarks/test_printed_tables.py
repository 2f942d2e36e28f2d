"""The tables of every benchmark, of made-up results: whole on a wide line, and nothing broken or cut on 80 columns."""

import importlib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
NAMES = {path.stem for path in FOLDER.glob("*.py")} - {"all", "common"}
WHERE = "AMD EPYC 9R45 96-Core Processor (family 26, model 2), one core of 2"
EXAMPLES = {int: 123_456, float: 1.23456, bool: True, str: "some words"}
EXAMPLES |= {tuple[float, float]: (1.23456, 12.3456), tuple[float, float, float]: (12.3456, 23.4567, 34.5678)}
EXAMPLES |= {float | None: 0.98765, int | None: 17}


def made(kind, /, **given):
    """A result whose fields are long enough, but for those that are given."""
    hints = get_type_hints(kind)
    found = {field.name: EXAMPLES[hints[field.name]] for field in fields(kind) if field.name not in given}
    return kind(**found, **given)


def module(name):
    return importlib.import_module(name)


def patches():
    own = module("patches")
    rows = [made(own.Row, network=network.recipe, sparsity=S, care_bits=10**6) for network, S in own.CASES]
    large = [made(own.LargeBlocks, n_in=n_in, ratio=10, blocks=100) for n_in in (20, 200)]
    return [own.patches_table(rows, f"4,000,000 outputs at a fixed rate; {WHERE}"), own.large_table(large, 10.0)]


def entropy():
    own, measuring, forms, rivals = map(module, ("coding.report", "coding.measuring", "coding.forms", "coding.rivals"))
    methods = [measuring.OURS, *(rival.name for rival in rivals.RIVALS)]
    rows = [
        made(
            measuring.Row,
            source=source,
            form=form,
            plain=16.0,
            bound=12.345,
            weights=2**20,
            real=True,
            bits={name: 12.345 - i for i, name in enumerate(methods)},
            encoding=dict.fromkeys(methods, 12.345),
            decoding={name: 12345.6 + i for i, name in enumerate(["copy", *methods])},
        )
        for source in module("coding.sources").SOURCES
        for form in forms.FORMS
    ]
    seconds = {name: 0.01 + i for i, name in enumerate(["copy", "1 % of the rows", *methods])}
    long = [measuring.Long("embedding", form, 10**8, 2 * 10**8, seconds) for form in module("entropy").LONG]
    return [*own.tables(rows, long, WHERE), own.aims_table(own.aims(rows, long))]


def efficiency():
    own = module("efficiency")
    rows = [
        made(own.Row, data=data, method=method, sparsity=0.9, weights=4_000_000, taps=12.3, care_bits_per_second=12.3e6)
        for data in ("random", "demo layer1.weight", "rows and columns 0.08")
        for method in own.methods(0.1)
    ]
    return [own.table_of(f"Random data; {WHERE}", rows)]


def topologies():
    own = module("topologies")
    rows = [
        made(
            own.Row,
            topology=name,
            optimized=optimized,
            sparsity=S,
            seed=seed,
            efficiency=0.99876,
            dependent_before=0.01234 if optimized else None,
            dependent_after=0.001 if optimized else None,
        )
        for S in own.SPARSITIES
        for name in (*own.BLOCKS, *own.RINGS, "kept")
        for optimized in {False, name in own.SEARCHED}
        for seed in range(2)
    ]
    return own.tables(f"Random data, 2 seeds; {WHERE}", rows)


def products():
    own = module("products")
    methods = ("xoropt", "xoropt, mask kept", "dense float32, NumPy", "dense bfloat16, torch", "int8 dynamic, torch")
    found = []
    for case in own.cases(False):
        figures = [
            own.Figure(case, vectors, cores, method, 1234.567, 4 * case.size**2)
            for vectors in (1, 128)
            for cores in (1, 16)
            for method in methods
        ]
        found.append(own.table_of(case, figures))
    return found


def masks():
    own = module("masks")
    rows = [made(own.Row, mask=mask, codec=codec) for mask in own.cases(64) for codec in own.CODECS]
    return [own.table_of(f"Masks of 2048×2048 weights, one thread: {WHERE}", rows)]


def structure():
    own = module("structure")
    rows = [
        made(own.Row, name=name, dtype=str(tensor.dtype), file_bytes=12_345_678, mask="n_of_m", kind="complex parts")
        for name, tensor, _ in own.cases(64)
    ]
    return [own.table_of(f"Files of tensors with 1024 rows: {WHERE}", rows)]


def overview():
    own = module("overview")
    forms = [*own.FORMS, "bitmap and packed values", "CSR (SciPy)", "zstd -19 of codes"]
    return [own.table_of(f"16,777,216 weights; {WHERE}", [made(own.Row, form=form) for form in forms])]


def decode():
    own, data, race = module("decode"), module("decoding.data"), module("decoding.race")
    names = [*data.NETWORKS, "bitmap", "CSR (SciPy, dense)", "zstd -3", "lz4", "copy"]
    rows = [made(race.Row, name=name, weights=10**8, cores=cores) for name in names for cores in (1, 16)]
    networks = ["windowed:n_in=8,n_out=96,window=64,taps=none", "block:n_in=20,n_out=180"]
    keys = ("gates_per_output", "one_lane", "tables", "affine", "circuit")
    ways = [{"network": name, **dict.fromkeys(keys, 123.456), "circuit": None} for name in networks]
    weights = [
        {
            "dtype": dtype,
            "what": what,
            "seconds": (0.123456, 0.234567),
            "gigabytes_per_second": 12.3456,
            "ratio_to_fill": (1.234, 1.345),
            "ratio_to_copy": (1.234, 1.345),
        }
        for dtype in ("float32", "bfloat16")
        for what in ("fill", "bitmap mask", "prefix mask", "1 % of the rows")
    ]
    host = {"processor": WHERE, "cores": 16}
    return [own.planes_table(rows, 10**8, host), own.dense_table(ways), own.weights_table(weights, 10**8)]


def designs():
    own = module("designs")
    keys = ("outputs", "xor_gates", "depth", "synthesized", "synthesized_depth", "flip_flops", "mapped_gates")
    figures = {**dict.fromkeys(keys, 12_345), "patches_a_step": 0.1234, "cycles_a_step": dict.fromkeys(own.FIFOS, 1.23)}
    figures |= {"bits_per_kilogate": 1234.5, "bits_per_flip_flop": 12.345, "delay_ps": 1234}
    rows = [{"name": name, **figures, "area_um2": 12_345.6, "network_area_um2": 1234.5} for name in own.DESIGNS]
    assert len(own.tables([{**row, "area_um2": None} for row in rows])) == len(own.tables(rows)) - 1
    return own.tables(rows)


def circuits():
    own = module("circuits")
    methods = list(own.METHODS)
    rows = [
        {
            **record,
            "name": name,
            "kept": record["best_xor"],
            "abc": 2 * record["best_xor"],
            "methods": {method: {"gates": record["best_xor"] + 123} for method in methods},
        }
        for name, record in own.records().items()
    ]
    decoders = [{"kind": "64x560", "network_seed": 12, "naive": 12_345, "abc": 9876, "gates": 8765, "depth": 12}]
    kept = [(f"{row['name']}.depth12", "12345", "12345", "12345") for row in rows]
    one = own.matrices_tables(rows, ["auto"])
    return [*own.matrices_tables(rows, methods), *one, own.decoders_table(decoders), own.kept_table(kept)]


def encode():
    own, streams = module("encode"), module("encoding.streams")
    rows = [made(own.Row, network=network, solver=solver, sparsity=S) for network, solver, S in own.CASES]
    rows.append(made(own.Row, network="windowed:n_in=64,n_out=672,window=512,taps=8", solver="portfolio"))
    figures = {"window": 960, "rings": 12, "patches": 12_345, "efficiency": 0.99959, "peak_megabytes": 123.4}
    figures |= {"million_care_bits_per_second": (5.5, 5.55, 5.67)}
    many = [
        made(streams.StreamRow, name=name, sparsity=S, cores=cores, **figures)
        for name in ("fast", "normal", "best")
        for S in streams.SPARSITIES
        for cores in (1, 16)
    ]
    tables = own.effort_tables(WHERE, many)
    assert len(tables) == 2
    return [own.table_of(f"Encoding 4,000,000 weights: {WHERE}", rows), *tables]


def quantum():
    pytest.importorskip("stim", reason="the benchmark imports it")
    own = module("quantum")
    names = ("xoropt, portfolio", "xoropt, odd-cuts", "PyMatching, correlated", "ldpc, BP+OSD-CS 10", "tesseract")
    return [own.table_of([made(own.Row, code="surface", decoder=name, distance=9, shots=100) for name in names])]


def paper():
    own = module("paper")
    rows = [made(own.Row, layer=layer, scheme=scheme) for layer in own.LAYERS for scheme in own.SCHEMES]
    return own.tables(f"2 threads: {WHERE}", rows)


def checkpoints():
    own, making, measuring = module("checkpoints"), module("folders.making"), module("folders.measuring")
    interrupted = measuring.Interrupted((1.2, 12.3, 23.4, 34.5, 45.6), 123.4, True)
    rows = [
        own.Row(
            made(making.Folder, kind=kind, path=Path("folder"), weights=10**9, bound=1e9),
            made(measuring.Run, size=1_234_567_890, stored=1_034_567_890, peak=10**9, all_peak=10**9),
            jobs=2,
            zstd=(1_134_567_890, 1234.5),
            zipnn=(1_134_567_890, 1234.5),
            killed=interrupted,
            clustered=made(measuring.Clustered, workers=16),
        )
        for kind in making.KINDS
    ]
    return [own.sizes(rows), own.measured(rows), own.projected(rows), own.same_bytes(rows)]


def solvers():
    comparison, variants = module("solving.comparison"), module("solving.variants")
    names = (*module("solving.comparison").available(), "portfolio (batch)")
    result = comparison.Comparison(
        effort=comparison.FULL,
        seed=0,
        load=(0.0, 0.0, 0.0),
        versions={},
        optimum=[1] * 48,
        throughput=[made(comparison.Throughput, strategy=name) for name in names],
        blocks=[(64, 640, 0.95, 64)] * 48,
        outcomes={},
        summary={name: made(comparison.Summary, answered=0.5) for name in names},
        declarative="xorsat",
        faster_alone=12_345.6,
        faster_in_batches=12_345.6,
        models={
            name: [comparison.Timing(variant.label, 0.0123456, 5) for variant in variants.MODELS]
            for name in ("sat", "xorsat", "maxsat", "cpsat", "ilp")
        },
        encodings=[comparison.Timing(variant.label, 0.0123456, 2) for variant in variants.ENCODINGS],
    )
    return module("solving.report").tables(result)


def inputs():
    own = module("inputs")
    codecs = {"mask_codec": "low_rank"}
    return [
        own.table_of(f"Tensors: {WHERE}", [made(own.Row, method=name, planes=8, **codecs) for name in own.cases(128)])
    ]


TABLES = {
    made_up.__name__: made_up
    for made_up in (
        *(patches, entropy, efficiency, topologies, products, masks, structure, overview, decode, designs, circuits),
        *(encode, quantum, paper, checkpoints, solvers, inputs),
    )
}


def test_every_benchmark_is_here():
    assert set(TABLES) == NAMES


def broken_recipe(recipe, lines):
    """The parts of a recipe whose first part ends a line, and whose second is a line of its own."""
    first = next(line.split()[-1] for line in lines if line.endswith(",") and line.split()[-1] in recipe)
    return [first, recipe.removeprefix(first)]


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_broken_or_cut(name, width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    show = module("common").show
    for table in TABLES[name]():
        capsys.readouterr()
        show(table)
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= width
        words = Counter(word for line in lines for word in line.split())
        cells = [cell for row in table.rows for cell in row]
        figures = Counter(word for row in table.rows for cell in row[table.names :] for word in cell.split())
        assert not figures - words, "a figure is missing"
        for text in (*cells, *table.columns[table.names :], table.title, table.legend):
            whole = [word for word in text.split() if len(word) < width - len("(10) ")]
            assert set(whole) <= set(words), text
            for recipe in set(text.split()) - {*whole}:  # longer than a line, and broken after a comma
                assert all(part in words for part in broken_recipe(recipe, lines)), text
        heads = sum(set(line) == {" ", "─"} for line in lines)
        most = 6 if len(table.columns) > 15 else 1 if width == 200 else 3
        assert heads <= most, "\n".join(lines)
