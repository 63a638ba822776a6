"""Redis (or Valkey) as the process sees it: one client, asked in flights, behind one breaker.

What several requests ask at the same moment goes there together: while one question is on its way, others
gather for the next, and nobody waits for company. No answer is waited for longer than `seconds`, or twice as
long where a question had to wait for the one before it.

Once Redis did not answer, or not in time, or with an error, nobody asks it again before a trial of our own
has succeeded: until then everything is AWAY, at once. What that means for a request (a miss, a count of one's
own, a refusal) is decided where Redis is asked, not here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import Enum
from functools import partial
from typing import Any, Final, Generic, Protocol, Self, TypeVar

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

log = logging.getLogger("dwelzo.redis")

# For a connection, which no request waits for.
_SECONDS_TO_CONNECT = 0.5
_SECONDS_BETWEEN_TRIALS = 1.0
_TRIAL = "dwelzo:trial"

Q = TypeVar("Q")
A = TypeVar("A")
# Answers several questions in their order, in one round trip.
Ask = Callable[[list[Q]], Coroutine[Any, Any, Sequence[A]]]
Key = str | bytes
Value = str | bytes | int


class Away(Enum):
    """The answer of a Redis that gives none. Of a command that writes, nobody knows then whether it was
    carried out, or still will be.
    """

    AWAY = "away"


AWAY: Final = Away.AWAY

Command = tuple[Value, ...]
_WRITING: Command = ("SET", _TRIAL, "", "PX", 1_000)


class Script(Protocol):
    """A Lua script, which Redis keeps by its hash."""

    def __call__(self, keys: Sequence[Key], arguments: Sequence[Value], /) -> Awaitable[Any]: ...


class Redis:
    """The client of a process, open within `async with`. `outages` counts how often Redis went away."""

    def __init__(self, url: str, seconds: float) -> None:
        self._client: Any = redis.asyncio.from_url(
            url,
            socket_connect_timeout=_SECONDS_TO_CONNECT,
            # Each question has its own.
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self.seconds = seconds
        self._flights: list[Flights[Any, Any]] = []
        self._trials: asyncio.Task[None] | None = None
        self.is_there = self._is_outage = False
        self.outages = 0
        self._gets = self.gathering(self._values, _TRIAL)
        # The trial writes: a Redis that is full answers those who read.
        self._commands = self.gathering(self._pipelined, _WRITING)

    async def __aenter__(self) -> Self:
        """Waits for Redis a moment; where it is away, trials go on."""
        self._trials = asyncio.create_task(self._try())
        await asyncio.wait({self._trials}, timeout=_SECONDS_TO_CONNECT)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_there = False
        for each in self._flights:
            await each.landed()
        if self._trials is not None:
            self._trials.cancel()
            await asyncio.wait({self._trials})
        await self._client.aclose()

    async def get(self, key: str) -> bytes | Away | None:
        """The value of a key; None where it has none."""
        return await self._gets.ask(key)

    async def set(self, key: str, value: str | bytes, *, px: int, nx: bool = False) -> bool | Away:
        """Keeps a value for so many milliseconds, with `nx` only where the key has none. Whether it was
        written.
        """
        command = ("SET", key, value, "PX", px)
        return await self._did((*command, "NX") if nx else command)

    async def pexpire(self, key: str, px: int) -> bool | Away:
        """Keeps what a key has for so many milliseconds from now on; False where it has nothing."""
        return await self._did(("PEXPIRE", key, px))

    async def delete(self, key: str) -> bool | Away:
        """Whether there was anything to delete."""
        return await self._did(("DEL", key))

    async def eval(self, script: str, keys: Sequence[str], *arguments: Value) -> Any | Away:
        """What a short script of Lua returns. One that fails is a Redis that is away."""
        return await self._commands.ask(("EVAL", script, len(keys), *keys, *arguments))

    def script(self, text: str) -> Script:
        """A long script, to be run by a flight of its own: `gathering`."""
        script: Script = self._client.register_script(text)
        return script

    def gathering(self, ask: Ask[Q, A], trial: Q) -> "Flights[Q, A]":
        """A new kind of question, which is tried with the question `trial`."""
        flights: Flights[Q, A] = Flights(self, ask, trial)
        self._flights.append(flights)
        return flights

    async def _did(self, command: Command) -> bool | Away:
        answer = await self._commands.ask(command)
        return AWAY if answer is AWAY else bool(answer)

    async def _values(self, keys: list[str]) -> list[bytes | None]:
        values: list[bytes | None] = await self._client.mget(keys)
        return values

    async def _pipelined(self, commands: list[Command]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        for answer in answers:
            # Raised here: the client's own message quotes keys and values, which no log is to hold.
            if isinstance(answer, Exception):
                raise answer
        return answers

    def lose(self, failure: BaseException) -> None:
        """Redis did not answer a question: it is away until a trial succeeds."""
        if self.is_there:
            self._trials = asyncio.create_task(self._try(_SECONDS_BETWEEN_TRIALS))
        self._lost(failure)

    def _lost(self, failure: BaseException) -> None:
        self.is_there = False
        if not self._is_outage:
            self._is_outage = True
            self.outages += 1
            why = str(failure) or f"no answer within {self.seconds:g} s"
            log.warning("Redis is away (%s): until it is back, this process does without.", why)

    async def _try(self, pause: float = 0) -> None:
        """Tries until Redis answers every kind of question, and does so in time."""
        await asyncio.sleep(pause)
        while (failure := await self._failure()) is not None:
            self._lost(failure)
            await asyncio.sleep(_SECONDS_BETWEEN_TRIALS)
        if self._is_outage:
            self._is_outage = False
            log.warning("Redis is back.")
        self.is_there = True

    async def _failure(self) -> Exception | None:
        try:
            # Once to connect, and once as a request would ask.
            for seconds in (_SECONDS_TO_CONNECT, self.seconds):
                for each in self._flights:
                    async with asyncio.timeout(seconds):
                        await each.trial()
        except Exception as error:
            return error
        return None


class Flights(Generic[Q, A]):
    """One kind of question: at any moment one flight is on its way, and those who gather for the next."""

    def __init__(self, redis: Redis, ask: Ask[Q, A], trial: Q) -> None:
        self._redis = redis
        self._ask = ask
        self._trial = trial
        self._waiting: list[tuple[Q, asyncio.Future[A | Away]]] = []
        self._flight: asyncio.Task[Sequence[A]] | None = None

    async def ask(self, question: Q) -> A | Away:
        """The answer to a question. It is asked even if whoever waits for it leaves."""
        if not self._redis.is_there:
            return AWAY
        answer: asyncio.Future[A | Away] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._flight is None:
            self._take_off()
        return await answer

    async def trial(self) -> None:
        await self._ask([self._trial])

    async def landed(self) -> None:
        while self._flight is not None:
            await asyncio.wait({self._flight})

    def _take_off(self) -> None:
        waiting, self._waiting = self._waiting, []
        flight = self._flight = asyncio.create_task(self._ask([question for question, _ in waiting]))
        timer = asyncio.get_running_loop().call_later(self._redis.seconds, _late, flight)
        flight.add_done_callback(partial(self._land, waiting, timer))

    def _land(
        self,
        waiting: list[tuple[Q, asyncio.Future[A | Away]]],
        timer: asyncio.TimerHandle,
        flight: asyncio.Task[Sequence[A]],
    ) -> None:
        timer.cancel()
        self._flight = None
        failure = TimeoutError() if flight.cancelled() else flight.exception()
        if failure is None:
            for (_, answer), found in zip(waiting, flight.result(), strict=True):
                if not answer.done():
                    answer.set_result(found)
        else:
            self._redis.lose(failure)
            self._give_up(waiting)
        if self._redis.is_there and self._waiting:
            self._take_off()
        else:
            # Another flight may have found that Redis is away.
            self._give_up(self._waiting)
            self._waiting = []

    def _give_up(self, waiting: list[tuple[Q, asyncio.Future[A | Away]]]) -> None:
        for _, answer in waiting:
            if not answer.done():
                answer.set_result(AWAY)


def _late(flight: asyncio.Task[Any], patience: int = 5) -> None:
    """Ends a question without an answer. One that came while this process was busy is still taken: that needs
    a few turns of the event loop.
    """
    if not patience:
        flight.cancel()
    elif not flight.done():
        asyncio.get_running_loop().call_soon(_late, flight, patience - 1)
