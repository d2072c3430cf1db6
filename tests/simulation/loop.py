"""An event loop without time, sockets or threads of its own: the same seed runs the same steps in the same order.

Rules:

- Time is a number that jumps to the next timer when nothing else is ready.
- Of the callbacks that are ready, chance chooses the next, as a busy machine would; those of one node keep their order
  (asyncio promises that, and code may rely on it).
- A callback belongs to the node whose task scheduled it (`NODE`, by its context). A node whose power is cut runs
  nothing any more: no `finally`, no `except`. Where it is cut is counted in callbacks, so any await can be the last.
- What would go to a thread runs at once, in its turn.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, Protocol, TypeVarTuple, Unpack

Arguments = TypeVarTuple("Arguments")


class Powered(Protocol):
    """What runs on the loop and can lose its power."""

    name: str
    powered: bool

    def stepped(self) -> None:
        """One more callback of this node is about to run; it may lose its power here."""


NODE: ContextVar[Powered | None] = ContextVar("node", default=None)

LONGEST = 200_000
"""Callbacks of one run: some twenty times what a run needs. More is a loop that spins."""


class Spinning(Exception):
    """The run does not come to an end."""


class SimulatedLoop(asyncio.BaseEventLoop):
    """See the rules above. Made for one run."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self._chance = chance
        self._seconds = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._queues: dict[str, deque[tuple[asyncio.Handle, Powered | None]]] = {}
        self._order = 0
        self._ran = 0
        self.errors: list[str] = []
        self.set_exception_handler(self._note)
        self.set_task_factory(_kept)

    def time(self) -> float:
        """Seconds since the run began."""
        return self._seconds

    def call_soon(
        self, callback: Callable[[Unpack[Arguments]], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """Queue a callback of the node whose context it is."""
        context = copy_context() if context is None else context
        handle = asyncio.Handle(callback, args, self, context)
        self._queue(handle, context.get(NODE))
        return handle

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Arguments]], object], *args: *Arguments, context: Context | None = None
    ) -> asyncio.Handle:
        """The same: there are no threads."""
        return self.call_soon(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Queue a callback for a time."""
        handle = asyncio.TimerHandle(when, callback, args, self, copy_context() if context is None else context)
        self._order += 1
        heapq.heappush(self._timers, (when, self._order, handle))
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Queue a callback for a time from now."""
        return self.call_at(self._seconds + delay, callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]  # the base class is typed for real executors
        """Run what would go to a thread, now."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def run_until_complete(self, future: Any) -> Any:
        """Run until `future` is done; raises Spinning when it never will be."""
        task = asyncio.ensure_future(future, loop=self)
        asyncio._set_running_loop(self)
        try:
            while not task.done():
                self._one()
        finally:
            asyncio._set_running_loop(None)
        return task.result()

    def _one(self) -> None:
        queues = self._queues
        while not queues:
            self._wait()
        drawn, names = self._chance.random(), sorted(queues) if len(queues) > 1 else list(queues)
        name = names[int(drawn * len(names))]
        queue = queues[name]
        handle, node = queue.popleft()
        if not queue:
            del queues[name]
        self._ran += 1
        if self._ran > LONGEST:
            raise Spinning(f"still running after {LONGEST} steps, at {self._seconds:.0f} s")
        if node is not None and node.powered:
            node.stepped()
        if not handle._cancelled and (node is None or node.powered):
            handle._run()

    def _wait(self) -> None:
        if not self._timers:
            raise Spinning("nothing is left to wait for, and the run is not over")
        when, _, handle = heapq.heappop(self._timers)
        if handle._cancelled:
            return
        self._seconds = max(self._seconds, when)
        context: Context | None = getattr(handle, "_context", None)
        self._queue(handle, context.get(NODE) if context is not None else None)

    def _queue(self, handle: asyncio.Handle, node: Powered | None) -> None:
        name = "" if node is None else node.name
        queue = self._queues.get(name)
        if queue is None:
            queue = self._queues[name] = deque()
        queue.append((handle, node))

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """A cancelled timer is left out when its time comes."""

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        self.errors.append(f"{context['message']}: {type(error).__name__}: {error}" if error else context["message"])


UNENDED: list[asyncio.Task[Any]] = []
"""Every task of this process. One that lost its power must not be collected: that would run its `finally`. So each run
is played in a process of its own, which ends without cleaning up."""


def _kept(
    loop: asyncio.AbstractEventLoop, work: Generator[Any, None, Any] | Coroutine[Any, Any, Any], **how: Any
) -> asyncio.Task[Any]:
    task = asyncio.Task(work, loop=loop, **how)
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # a machine without power ends nothing
    UNENDED.append(task)
    return task
