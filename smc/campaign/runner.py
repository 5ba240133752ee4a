"""Spreads the chunks of a campaign over cores (joblib) or a Dask cluster, and stores each as it arrives."""

from __future__ import annotations

import queue
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import Enum

from smc.campaign.plan import Plan
from smc.campaign.search import Chunk, run_chunk
from smc.campaign.store import Store
from smc.errors import InputError
from smc.interrupts import interrupted, pass_on

CONNECT_SECONDS = 5


class Ending(Enum):
    """Why a campaign stopped."""

    FINISHED = "finished"
    TIME = "time is up"
    COUNTEREXAMPLE = "counterexample"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Progress:
    """Where a run stands. instances, chunks: of this run. tightest: best observed/bound below 1 in this run, and whose it is."""

    chunks: int
    of: int
    instances: int
    elapsed: float
    tightest: float
    claim: str

    @property
    def rate(self) -> float:
        """Instances a second."""
        return self.instances / self.elapsed if self.elapsed else 0.0

    @property
    def left(self) -> float:
        """Seconds left at the present rate."""
        return self.elapsed / self.chunks * (self.of - self.chunks) if self.chunks else 0.0


def run(
    plan: Plan,
    store: Store,
    *,
    examples: int,
    seconds: float | None = None,
    workers: int = 1,
    dask: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Ending:
    """Runs the chunks that are missing until `examples` models were drawn, time is up, or something is refuted.

    workers: processes on this machine. dask: address of a scheduler instead. Ctrl-C stops after what has arrived is stored.
    Raises InputError for a cluster that cannot be reached and for a missing extra.
    """
    wanted = range(-(-examples // plan.chunk))
    done = store.done()
    missing = [number for number in wanted if number not in done]
    began = time.monotonic()
    ending = Ending.FINISHED

    def numbers() -> Iterator[int]:
        nonlocal ending
        for number in missing:
            if ending is not Ending.FINISHED:
                return
            if seconds is not None and time.monotonic() - began >= seconds:
                ending = Ending.TIME
                return
            yield number

    drawn, tightest, whose = 0, 0.0, ""
    results = _on_cluster(plan, numbers(), dask) if dask else _on_cores(plan, numbers(), workers)
    try:
        for count, chunk in enumerate(results, 1):
            pass_on()  # before the chunk is stored: it may have been cut short
            store.add(chunk)
            drawn += chunk.instances
            for (claim, form), found in chunk.found.items():
                if tightest < found.best < 1:
                    tightest, whose = found.best, f"{claim} {form}"
            progress(Progress(count, len(missing), drawn, time.monotonic() - began, tightest, whose))
            if chunk.counterexample is not None:
                ending = Ending.COUNTEREXAMPLE
            pass_on()
    except BaseException as error:
        if not (interrupted() or isinstance(error, KeyboardInterrupt)):
            raise
        ending = Ending.INTERRUPTED
    finally:
        results.close()
    return ending


def _on_cores(plan: Plan, numbers: Iterator[int], workers: int) -> Generator[Chunk, None, None]:
    if workers == 1:
        for number in numbers:
            yield run_chunk(plan, number)
        return
    try:
        from joblib import Parallel, delayed
    except ImportError:
        raise InputError(
            "joblib is not installed", where="workers", mend="pip install 'bellman-smc[campaign]', or use --workers 1"
        ) from None
    parallel = Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1)
    yield from parallel(delayed(_in_worker)(plan, number) for number in numbers)


def _in_worker(plan: Plan, number: int) -> Chunk:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent alone decides what to do
    return run_chunk(plan, number)


def _on_cluster(plan: Plan, numbers: Iterator[int], address: str) -> Generator[Chunk, None, None]:
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise InputError("dask is not installed", where="dask", mend="pip install 'bellman-smc[dask]'") from None
    try:
        _connect(address)
        client = Client(address, timeout=f"{CONNECT_SECONDS}s")
    except (OSError, ValueError, TimeoutError, TypeError) as error:  # a TypeError for tls without certificates
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"no Dask scheduler answers at {address} ({reason})",
            where="dask",
            mend="check the address, or leave --dask out",
        ) from None
    with client:
        running = as_completed()
        for _ in range(max(1, sum(client.nthreads().values()))):
            _submit_next(client, running, plan, numbers)
        for future in running:
            yield future.result()
            _submit_next(client, running, plan, numbers)


def _connect(address: str) -> None:
    """Raises what tells that nothing listens at `address`, at once: Dask asks again until its time is out, and a name that nobody resolves
    can take longer. In a thread, as looking up a name knows no limit."""
    from distributed.comm.addressing import get_address_host_port

    if address.startswith("inproc://"):
        return
    host, port = get_address_host_port(address)
    answers: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def knock() -> None:
        try:
            socket.create_connection((host, port), CONNECT_SECONDS).close()
            answers.put(None)
        except (OSError, ValueError, OverflowError) as error:  # a port beyond 65535 overflows
            answers.put(error)

    threading.Thread(target=knock, daemon=True).start()
    try:
        fault = answers.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        raise TimeoutError(f"nothing within {CONNECT_SECONDS} seconds") from None
    if fault is not None:
        raise OSError(str(fault)) from fault


def _submit_next(client, running, plan: Plan, numbers: Iterator[int]) -> None:
    number = next(numbers, None)
    if number is not None:
        running.add(client.submit(run_chunk, plan, number, pure=False))
