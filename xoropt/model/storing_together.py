"""Small tensors are stored side by side, each by one thread; a large one is shared by all threads."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from xoropt.model.config import CompressConfig
from xoropt.model.losses import with_loss
from xoropt.model.preparation import PreparedTensor, naming
from xoropt.model.tensors import CompressedTensor, Progress, UncompressedTensor

__all__ = ["Done", "store_all"]

LARGEST_TOGETHER = 1 << 23
"""Weights up to which a tensor is encoded by one thread: rings of larger ones keep all threads busy."""

Store = Callable[
    [PreparedTensor, CompressConfig, int, Callable[[int, int], None]], CompressedTensor | UncompressedTensor
]


class Done:
    """Counts the weights that are done.

    Args:
        sizes: the weights of each tensor that is compressed, by name.
        total: the weights of all of them that are stored.
        progress: called with a name, the weights done and `total`; None: nobody is.
    """

    def __init__(self, sizes: dict[str, int], total: int, progress: Progress | None) -> None:
        self._sizes, self._total, self._progress = sizes, total, progress
        self._done: dict[str, int] = {}
        self._sum = 0
        self._lock = threading.Lock()

    def report(self, name: str, part: int, whole: int) -> None:
        """Take note that so much of a tensor is done."""
        with self._lock:
            now = self._sizes.get(name, 0) * part // max(1, whole)
            self._sum += now - self._done.get(name, 0)
            self._done[name] = now
            if self._progress is not None:
                self._progress(name, self._sum, self._total)


def store_all(
    prepared: Iterable[tuple[str, PreparedTensor | UncompressedTensor]],
    config: CompressConfig,
    store: Store,
    sizes: dict[str, int],
    done: Done,
) -> Iterator[tuple[str, CompressedTensor | UncompressedTensor]]:
    """Store tensors as they are prepared.

    At most `config.jobs` + 1 of them are in memory. The result does not depend on the number of threads.

    Args:
        prepared: names and tensors; those that are carried along are handed on.
        config: what to do.
        store: stores one tensor, with a configuration, the tensors of the file and a report of bits done and in all.
        sizes: the weights of each tensor that is compressed, by name.
        done: counts.
    """

    def one(name: str, tensor: PreparedTensor, own: CompressConfig) -> CompressedTensor | UncompressedTensor:
        with naming(name, alone=len(sizes) == 1):
            stored = with_loss(store(tensor, own, len(sizes), lambda *part: done.report(name, *part)), tensor.array)
        done.report(name, 1, 1)
        return stored

    together = config.jobs if config.chooses_network else 1  # the search for blocks has processes of its own
    single = replace(config, jobs=1)
    waiting: deque[tuple[str, Future[CompressedTensor | UncompressedTensor]]] = deque()
    with ThreadPoolExecutor(together) as pool:
        try:
            for name, tensor in prepared:
                small = together > 1 and sizes.get(name, 0) <= LARGEST_TOGETHER
                while waiting and (not small or len(waiting) >= together):
                    first, future = waiting.popleft()
                    yield first, future.result()
                if isinstance(tensor, UncompressedTensor):
                    yield name, tensor
                elif small:
                    waiting.append((name, pool.submit(one, name, tensor, single)))
                else:
                    yield name, one(name, tensor, config)
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()
