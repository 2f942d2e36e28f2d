"""The decoder for sinter: its errors are as likely as PyMatching's, and sinter counts its shots."""

import numpy as np
import pytest

stim = pytest.importorskip("stim", reason="decoders need Stim")
sinter = pytest.importorskip("sinter", reason="decoders need sinter")
from xoropt_solvers.sinter_decoder import Decoder, sinter_decoders  # noqa: E402


@pytest.fixture(scope="module")
def circuit():
    return stim.Circuit.generated(
        "repetition_code:memory", distance=5, rounds=3, before_round_data_depolarization=0.08,
        before_measure_flip_probability=0.03,
    )  # fmt: skip


def test_its_errors_are_as_light_as_pymatchings(circuit):
    pymatching = pytest.importorskip("pymatching", reason="to compare with")
    dem = circuit.detector_error_model()
    shots, _, _ = dem.compile_sampler(seed=3).sample(40)
    decoder = Decoder().compile_decoder_for_dem(dem=dem)
    matching = pymatching.Matching.from_detector_error_model(dem)
    weights, _ = decoder.weights, decoder.hard
    for shot in shots:
        _, least = matching.decode(shot, return_weight=True)
        assert weights[decoder.errors(shot)].sum() == pytest.approx(least, rel=1e-3, abs=1e-3)
    assert decoder.proved == decoder.decoded


def test_sinter_collects(circuit):
    tasks = [sinter.Task(circuit=circuit, decoder="xoropt")]
    (stats,) = sinter.collect(
        num_workers=1, tasks=tasks, max_shots=300, custom_decoders=sinter_decoders(), max_batch_size=300
    )
    assert stats.shots == 300
    assert 0 <= stats.errors < 60


def test_packed_shots(circuit):
    dem = circuit.detector_error_model()
    shots, observables, _ = dem.compile_sampler(seed=5).sample(200, bit_packed=True)
    found = (
        Decoder("maxsat")
        .compile_decoder_for_dem(dem=dem)
        .decode_shots_bit_packed(bit_packed_detection_event_data=shots)
    )
    assert found.dtype == np.uint8
    assert found.shape == observables.shape
    assert (found != observables).mean() < 0.2
