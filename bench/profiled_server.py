"""The server with a sampler in it, in place of `./dwelzo up`: it notes where it is, again and again.

    python -m bench.profiled_server FILE --port 8000

Every few milliseconds of CPU, that is, from SIGUSR1 to SIGUSR2. Then it writes FILE: the stacks, innermost
function first, and how often each was met. Sampling costs next to nothing and treats functions alike, where a
profiler that counts calls would make the small ones look dear.
"""

import asyncio
import signal
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from types import FrameType

import orjson
import uvloop

from server.cli.answering import answer
from server.cli.serving import listening
from server.config import load_settings

# Linux gives a sample at each tick of its clock, which is slower than this.
_INTERVAL = 0.001

_Frame = tuple[str, str, int]
_stacks: Counter[tuple[_Frame, ...]] = Counter()


def _sample(_: int, frame: FrameType | None) -> None:
    stack: list[_Frame] = []
    while frame is not None:
        code = frame.f_code
        # The line that runs matters of the innermost function only. Some instructions stand in no line.
        line = 0 if stack else frame.f_lineno or code.co_firstlineno
        stack.append((code.co_filename, code.co_qualname, line))
        frame = frame.f_back
    _stacks[tuple(stack)] += 1


def _begin() -> None:
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)


def _write(file: Path) -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)
    partial = file.with_suffix(".partial")
    partial.write_bytes(orjson.dumps(list(_stacks.items())))
    partial.rename(file)


async def _answer(file: Path, port: int) -> None:
    settings = load_settings().model_copy(update={"port": port})
    signal.signal(signal.SIGPROF, _sample)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, _begin)
    loop.add_signal_handler(signal.SIGUSR2, _write, file)
    with listening(settings.host, port) as listener:
        await answer(settings, None, listener, monotonic())


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_answer(Path(sys.argv[1]), int(sys.argv[3])))
