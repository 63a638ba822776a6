"""The rounds: each operation in turn, over many connections and over one, and what was spent on it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from subprocess import CalledProcessError
from uuid import UUID

import orjson

from bench.installation import Installation, Server, ServerFailed
from bench.load import Outcome, Task, request, run
from bench.market import SETS, Market, Request
from bench.operations import Operation, leaf_values
from bench.processes import cpu_seconds, peak_memory

LOOKED_AT = 5
_WARM_SECONDS = 2.0
# A round does not begin with what the one before has just asked.
_ROUND_APART = 300
# No server writes more reviews than this in a second.
_MOST_REVIEWS_A_SECOND = 8_000


@dataclass(frozen=True, slots=True)
class Round:
    """What one load came to. CPU is in milliseconds a request."""

    operation: str
    connections: int
    requests: int
    server_cpu: float
    postgresql_cpu: float
    a_second: float
    p50: float
    p99: float
    answer_bytes: int
    memory: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """An operation over all rounds: medians, and the range of the server's CPU."""

    operation: Operation
    loaded: list[Round]
    alone: list[Round]

    def typical(self, name: str, *, alone: bool = False) -> float:
        return float(median(getattr(each, name) for each in (self.alone if alone else self.loaded)))

    @property
    def memory(self) -> float | None:
        return max((each.memory for each in self.loaded if each.memory is not None), default=None)


def _silent(sentence: str) -> None:
    del sentence


class Bench:
    """Measures operations on one server."""

    def __init__(
        self,
        made: Installation,
        server: Server,
        market: Market,
        *,
        seconds: float,
        connections: int,
        signed: bool = False,
    ) -> None:
        self._made = made
        self._server = server
        self._market = market
        self._seconds = seconds
        self._connections = connections
        self._signed = signed
        self._tokens: dict[UUID, str] = {}

    def measure(
        self, operations: Sequence[Operation], rounds: int, tell: Callable[[str], None] = _silent
    ) -> list[Result]:
        """All rounds of all operations, which take turns, so that a slow spell of the machine is shared."""
        results = [Result(operation, [], []) for operation in operations]
        asked = {operation.name: self._requests(operation) for operation in operations}
        for operation in operations:
            self.look_at(operation)
            # Statements prepared on every connection, and all code run at least once.
            self._ask(operation, asked[operation.name], self._connections, min(_WARM_SECONDS, self._seconds))
            self._forget(operation)
        for number in range(rounds):
            for result in results:
                requests = asked[result.operation.name]
                begin = number * _ROUND_APART
                loaded = self._load(result.operation, requests, self._connections, self._seconds, begin)
                result.loaded.append(loaded)
                result.alone.append(self._load(result.operation, requests, 1, self._seconds / 3, begin))
                tell(
                    f"round {number + 1} of {rounds}, {loaded.operation}: {loaded.server_cpu:.3f} ms of CPU"
                    f" and {loaded.postgresql_cpu:.3f} of PostgreSQL's, {loaded.a_second:,.0f} requests/s"
                )
        return results

    def look_at(self, operation: Operation) -> None:
        """Ask the first requests one by one, and count what their answers hold."""
        try:
            for each in self._market.requests(operation, LOOKED_AT)[:LOOKED_AT]:
                answer = self._server.ask(_body(operation, each), self._token(each.author))
                content = orjson.loads(answer)
                found, expected = leaf_values(content.get("data")), operation.expected(each.listings)
                if content.get("errors") or found != expected:
                    raise ServerFailed(
                        f"{operation.name}: an answer holds {found} values instead of {expected}: "
                        f"{answer[:1_000].decode(errors='replace')}"
                    )
        finally:
            self._forget(operation)

    def ask(self, operation: Operation) -> None:
        """Load without measuring."""
        try:
            self._ask(operation, self._requests(operation), self._connections, self._seconds)
        finally:
            self._forget(operation)

    def _load(
        self, operation: Operation, requests: list[str], connections: int, seconds: float, begin: int
    ) -> Round:
        before = cpu_seconds(self._server.pid), cpu_seconds(self._made.postmaster)
        outcome = self._ask(operation, requests, connections, seconds, begin)
        after = cpu_seconds(self._server.pid), cpu_seconds(self._made.postmaster)
        self._forget(operation)
        return Round(
            operation.name,
            connections,
            outcome.requests,
            (after[0] - before[0]) * 1000 / outcome.requests,
            (after[1] - before[1]) * 1000 / outcome.requests,
            outcome.requests / outcome.seconds,
            outcome.p50,
            outcome.p99,
            outcome.received // outcome.requests,
            peak_memory(self._server.pid),
        )

    def _ask(
        self, operation: Operation, requests: list[str], connections: int, seconds: float, begin: int = 0
    ) -> Outcome:
        once = operation.subject == "review"
        task = Task(self._server.port, connections, seconds, requests, 0 if once else begin, once)
        try:
            outcome = run(task)
        except CalledProcessError:
            raise ServerFailed(
                f"{operation.name}: the server did not answer to the end; {self._server.log} may say why."
            ) from None
        if outcome.wrong or not outcome.requests:
            raise ServerFailed(
                f"{operation.name}: {outcome.wrong} of {outcome.requests} answers are wrong; the first: "
                f"{outcome.first_wrong}"
            )
        return outcome

    def _requests(self, operation: Operation) -> list[str]:
        sets = SETS
        if operation.subject == "review":
            sets = int(_MOST_REVIEWS_A_SECOND * max(self._seconds, _WARM_SECONDS))
        asked = self._market.requests(operation, sets)
        if self._signed and operation.subject != "review":
            users = self._market.authors
            return [
                request(_body(operation, each), self._token(user)) for each, user in zip(cycle(asked), users)
            ]
        return [request(_body(operation, each), self._token(each.author)) for each in asked]

    def _token(self, user: UUID | None) -> str | None:
        if user is None:
            return None
        if user not in self._tokens:
            self._tokens[user] = self._made.token(user)
        return self._tokens[user]

    def _forget(self, operation: Operation) -> None:
        if operation.subject == "review":
            asyncio.run(self._made.restore())


def _body(operation: Operation, asked: Request) -> bytes:
    body = {"query": operation.document}
    return orjson.dumps(body if asked.variables is None else {**body, "variables": asked.variables})
