"""One thread that writes to a store: what waits for it at the same time is written, and on disk, at the same time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

import sqlalchemy as sa

from isoill.store import Rows, Store

__all__ = ["Writer"]

T = TypeVar("T")
#: Pieces of work that share a change, at most: none waits long for the others.
_TOGETHER = 64


class _Work:
    def __init__(self, do: Callable[[Rows], Any], keys: frozenset[tuple[str, str]]) -> None:
        self.do = do
        self.keys = keys
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.error: Exception | None = None


class Writer:
    """Does pieces of work on a store, one after the other, in a thread of its own.

    A disk takes as long for one change as for a hundred, so that all that waits goes into one.  Each piece is done
    whole or not at all; its future has what it returned once that is on disk, or what it raised: `StoreError` where
    nothing could be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Store(f"{folder}/ill.db") as store, Writer(store) as writer:
    ...     print(writer.submit(lambda rows: rows.count_open("hill", 1_000)).result())
    0
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock, self._closed = threading.Lock(), False
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="isoill-writer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, do: Callable[[Rows], T], keys: Iterable[tuple[str, str]] = ()) -> Future[T]:
        """Have something done; ``keys`` are of the transactions that it changes, as `Store.writing` wants them."""
        work = _Work(do, frozenset(keys))
        with self._lock:
            if self._closed:
                raise RuntimeError("expected a writer at work, found one that is closed")
            self._waiting.put(work)
        return work.future

    def close(self) -> None:
        """Do what waits, and end."""
        with self._lock:
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            together, last = [first], False
            while len(together) < _TOGETHER:
                try:
                    work = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if work is None:
                    last = True
                    break
                together.append(work)
            together = [each for each in together if each.future.set_running_or_notify_cancel()]
            self._do(together)
            for each in together:
                if each.error is not None:
                    each.future.set_exception(each.error)
                else:
                    each.future.set_result(each.result)
            if last:
                break

    def _do(self, together: list[_Work]) -> bool:
        """Do all of it in one change, or else one after the other; False where the database cannot be reached."""
        begun = False
        try:
            with self._store.writing(key for each in together for key in each.keys) as rows:
                begun = True
                for each in together:
                    each.error = None
                    try:
                        with rows.attempt():
                            each.result = each.do(rows)
                    except sa.exc.SQLAlchemyError:
                        raise
                    except Exception as error:
                        each.error = error
        except Exception as error:  # whatever it is, this thread goes on
            for each in together:
                each.error = error
            if begun and len(together) > 1:  # one of them it was, perhaps
                for index, each in enumerate(together):
                    if not self._do([each]):
                        for left in together[index:]:
                            left.error = each.error
                        break
        return begun
