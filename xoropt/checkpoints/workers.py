"""Where units are encoded: here, in processes of this machine, or on the workers of a Dask cluster."""

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from xoropt.checkpoints.shards import Shard
from xoropt.checkpoints.unit_encoding import encode_unit, read_unit, unit_bytes
from xoropt.checkpoints.units import Unit
from xoropt.common.errors import ArgumentError, XoroptError
from xoropt.common.processes import processes_for
from xoropt.model.config import CompressConfig

__all__ = ["encode_units"]

Report = Callable[[Unit, int, int], None]
LOCAL = "local"
"""Stands for a cluster of this machine's processes in place of a scheduler's address."""
SECONDS = 10
"""The time in which a scheduler has to answer."""


def encode_units(
    units: list[Unit],
    shards: Mapping[str, Shard],
    config: CompressConfig,
    dask: str | None = None,
    report: Report | None = None,
) -> Iterator[tuple[Unit, list[np.ndarray]]]:
    """Encode units, in the order in which they are done.

    Args:
        units: what to encode.
        shards: by path.
        config: what to do; `jobs` processes at once, each with a unit, or threads where there are fewer units.
        dask: the address of a cluster's scheduler, or "local" for one of `jobs` processes of this machine; None: none.
        report: called with a unit, work done and work in all of it, where that is known.

    Yields:
        A unit, and the file of its tensors (see `encode_unit`).

    Raises:
        XoroptError: a tensor can't be encoded, the cluster is not there, or processes were ended by the system.
    """
    if not units:
        return
    alone = replace(config, jobs=max(1, config.jobs // len(units)))
    if dask is not None:
        yield from _on_cluster(units, shards, replace(config, jobs=1), dask, config.jobs)
    elif config.jobs > 1 and len(units) > 1 and processes_for(config.jobs) > 1:
        yield from _in_processes(units, shards, alone, min(config.jobs, len(units)))
    else:
        for unit in units:

            def report_part(done: int, whole: int, unit: Unit = unit) -> None:
                if report is not None:
                    report(unit, done, whole)

            yield unit, unit_bytes(unit, shards, config, report_part)


def _numbered(unit: Unit, shards: Mapping[str, Shard], config: CompressConfig) -> tuple[Unit, list[np.ndarray]]:
    return unit, unit_bytes(unit, shards, config)


def _in_processes(
    units: list[Unit], shards: Mapping[str, Shard], config: CompressConfig, jobs: int
) -> Iterator[tuple[Unit, list[np.ndarray]]]:
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    largest_first = sorted(units, key=lambda unit: -unit.octets)
    some = (delayed(_numbered)(unit, _needed(unit, shards), config) for unit in largest_first)
    try:
        yield from Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)(some)
    except TerminatedWorkerError:
        raise XoroptError(
            "a process that encoded a tensor was ended, probably for lack of memory; the same command with fewer "
            "--jobs goes on where it was."
        ) from None


def _needed(unit: Unit, shards: Mapping[str, Shard]) -> dict[str, Shard]:
    """Return the shards that a unit reads, with the places of its own tensors alone: less to send."""
    needed = {}
    for path in dict.fromkeys(unit.at.values()):
        layout = shards[path].layout
        places = {name: layout.places[name] for name, shard in unit.at.items() if shard == path}
        needed[path] = Shard(shards[path].path, replace(layout, places=places))
    return needed


def _on_cluster(
    units: list[Unit], shards: Mapping[str, Shard], config: CompressConfig, address: str, jobs: int
) -> Iterator[tuple[Unit, list[np.ndarray]]]:
    """Send each unit's tensors to a worker; no more than two for each worker are on their way."""
    with _client(address, jobs) as client, warnings.catch_warnings():
        from distributed import as_completed

        warnings.filterwarnings("ignore", "Sending large graph")
        waiting = iter(sorted(units, key=lambda unit: -unit.octets))
        sent: dict[Any, Unit] = {}

        def send() -> Any:
            unit = next(waiting, None)
            if unit is None:
                return None
            places = {name: shards[unit.at[name]].layout.places[name] for name in unit.members}
            future = client.submit(_encode_sent, unit, read_unit(unit, shards), places, config, pure=False)
            sent[future] = unit
            return future

        first = [future for _ in range(2 * max(1, len(client.ncores()))) if (future := send()) is not None]
        done = as_completed(first)
        for future in done:
            unit = sent.pop(future)
            yield unit, _result(future, unit)
            future.release()
            if (another := send()) is not None:
                done.add(another)


def _encode_sent(
    unit: Unit, arrays: Mapping[str, np.ndarray], places: Mapping[str, Any], config: CompressConfig
) -> list[np.ndarray]:
    """Encode a unit of arrays that were sent; they are left as they are, since they may be sent again."""
    return encode_unit(unit, lambda: dict(arrays), places, config)


def _result(future: Any, unit: Unit) -> list[np.ndarray]:
    try:
        pieces: list[np.ndarray] = future.result()
        return pieces
    except XoroptError:
        raise
    except Exception as error:
        name = unit.members[0]
        raise XoroptError(
            f"tensor '{name}': the cluster failed at it ({type(error).__name__}: {str(error)[:200]}); the same command "
            "goes on where it was."
        ) from None


@contextmanager
def _client(address: str, jobs: int) -> Iterator[Any]:
    """Connect to a cluster, or make one of `jobs` processes of this machine."""
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ArgumentError("Argument 'dask' needs Dask; install it with: pip install 'xoropt[dask]'.") from None
    if address == LOCAL:
        form: dict[str, Any] = {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": ":0"}
        form["silence_logs"] = logging.ERROR  # a worker that is slow to end is no news; nor is a port that is taken
        with LocalCluster(processes=True, **form) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address, timeout=SECONDS)
    except (OSError, ValueError, TypeError, ImportError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise XoroptError(
            f"no Dask scheduler answers at '{address}' ({type(error).__name__}: {reason}); name its address, such as "
            "tcp://host:8786, or 'local'."
        ) from None
    with client:
        if not client.ncores():
            raise XoroptError(f"the Dask scheduler at '{address}' has no workers; start some with 'dask worker'.")
        yield client
