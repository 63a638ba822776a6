"""What a request is, after RFC 9112, in its strictest reading: bytes in, values out, no sockets.

One grammar decides, and what it does not say is refused: two servers that read the same bytes differently are
what requests are smuggled through. No leniency for line ends, folded lines, spaces or repeated lengths.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from server.protocol.refusals import Refused

FIELDS_MAX = 100
# In bytes. Heads up to this size are remembered, some of them, and their lines: clients send the same ones
# again and again, or all but one of them.
_REMEMBERED_SIZE = 2_048
_REMEMBERED = 512
CHUNKED = -1

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_VALUE = rb"[\t -~\x80-\xff]*"
_FIELDS = rb"((?:%b:%b\r\n)*)\r\n" % (_TOKEN, _VALUE)
_HEAD = re.compile(rb'(%b) (/[!"$-~]*|\*) HTTP/1\.([01])\r\n' % _TOKEN + _FIELDS)
_LINE = re.compile(rb'%b (?:/[!"$-~]*|\*) HTTP/1\.[01]\r' % _TOKEN)
# As much of a first line as has come.
_LINE_BEGIN = re.compile(rb'\r?|%b(?: (?:(?:/[!"$-~]*|\*)(?: [HTP/1.0]{0,8}\r?)?)?)?' % _TOKEN)
_NO_LINE = re.compile(rb"(?<!\r)\n|\r[^\n]|\0")
_HOST = re.compile(rb"(?:[0-9A-Za-z._~%!$&'()*+;=-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
_LENGTH = re.compile(rb"[0-9]{1,19}")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;%b)?\r\n" % _VALUE)
_CHUNK_BEGIN = re.compile(rb"[0-9A-Fa-f]{0,8}(?:;%b)?\r?" % _VALUE)
_TRAILERS = re.compile(_FIELDS)
# What a second field of these would mean, every reader decides for itself.
_ONCE = (b"host", b"content-length", b"transfer-encoding", b"content-type", b"authorization", b"expect")


class Head(NamedTuple):
    """The head of a request, as ASGI wants it, and what its body and its connection come to."""

    method: str
    raw_path: bytes
    path: str
    query_string: bytes
    version: str
    headers: tuple[tuple[bytes, bytes], ...]
    # Bytes of the body, or CHUNKED.
    length: int
    keep_alive: bool
    expects_continue: bool


def parse_head(data: bytes) -> Head:
    """A whole head, from its first line to its empty one."""
    return _remembered(data) if len(data) <= _REMEMBERED_SIZE else _parse(data)


def _parse(data: bytes) -> Head:
    # An empty line before a request is left by old clients after a body; RFC 9112 2.2 passes over one.
    found = _HEAD.fullmatch(data, 2 if data.startswith(b"\r\n") else 0)
    if found is None:
        raise _malformed()
    method, target, minor, lines = found.groups()
    field = _remembered_field if len(data) <= _REMEMBERED_SIZE else _field
    headers = [field(line) for line in lines.split(b"\r\n")[:-1]]
    if len(headers) > FIELDS_MAX:
        raise Refused(431, f"A request has at most {FIELDS_MAX} header fields: send fewer.")
    fields = dict(headers)
    if len(fields) != len(headers):
        names = [name for name, _ in headers]
        if repeated := next((name for name in _ONCE if names.count(name) > 1), None):
            raise Refused(400, f"A request has one field {repeated.decode()} at most: send it once.")
        fields[b"connection"] = b",".join(value for name, value in headers if name == b"connection")
    modern = minor == b"1"
    host = fields.get(b"host")
    if (not _HOST.fullmatch(host)) if host is not None else modern:
        raise Refused(400, "The field host must name the host, and its port where there is one: send it so.")
    if target == b"*" and method != b"OPTIONS":
        raise _malformed()
    keep_alive = modern
    if keep_alive and (connection := fields.get(b"connection")) is not None:
        keep_alive = b"close" not in (token.strip(b" \t") for token in connection.lower().split(b","))
    raw_path, _, query_string = target.partition(b"?")
    path = raw_path.decode("ascii")
    return Head(
        method.decode("ascii"),
        raw_path,
        unquote(path) if "%" in path else path,
        query_string,
        "1.1" if modern else "1.0",
        tuple(headers),
        _length(fields, modern),
        keep_alive,
        modern and b"expect" in fields and _expects_continue(fields[b"expect"]),
    )


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.lower(), value.strip(b" \t")


_remembered = lru_cache(_REMEMBERED)(_parse)
_remembered_field = lru_cache(2 * _REMEMBERED)(_field)


def check_begin(data: bytes) -> None:
    """Refuse a head at once that can not become one, before its end has come."""
    line, line_end, rest = data.removeprefix(b"\r\n").partition(b"\n")
    fits = _LINE.fullmatch(line) and not _NO_LINE.search(rest) if line_end else _LINE_BEGIN.fullmatch(line)
    if not fits:
        raise _malformed()


def _length(fields: dict[bytes, bytes], modern: bool) -> int:
    encoding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    if encoding is not None:
        if length is not None or not modern or encoding.lower() != b"chunked":
            raise Refused(
                400,
                "A body is `chunked` or has a content-length, not both, and no other transfer-encoding.",
            )
        return CHUNKED
    if length is None:
        return 0
    if not _LENGTH.fullmatch(length):
        raise Refused(400, "The field content-length is a number of bytes in decimal digits: send it so.")
    return int(length)


def _expects_continue(expected: bytes) -> bool:
    if expected.lower() != b"100-continue":
        raise Refused(417, "Nothing but `100-continue` can be expected: leave the field expect out.")
    return True


def _malformed() -> Refused:
    return Refused(
        400,
        "This is no well-formed request of HTTP/1.1: send a method, a path and the version, then fields, in "
        "lines that end with CR LF.",
    )


class Chunks:
    """A chunked body, taken out of the bytes that hold it. Extensions and trailers are passed over.

    What is not data may have as many bytes as the data, and `framing` more: a body of one-byte chunks would
    otherwise be the dearest way to send nothing.
    """

    __slots__ = ("_at_end", "_framing", "_most", "body")

    def __init__(self, most: int, framing: int) -> None:
        self._most = most
        self._framing = framing
        self._at_end = False
        self.body = bytearray()

    def take(self, data: bytearray) -> bool:
        """Take what is complete from the beginning of `data`. Whether the body has ended."""
        at = 0
        while not self._at_end:
            found = _CHUNK.match(data, at, at + self._framing + 2)
            if found is None:
                if len(data) - at > self._framing or not _CHUNK_BEGIN.fullmatch(data, at):
                    raise _bad_chunks()
                break
            begin, size = found.end(), int(found[1], 16)
            if len(self.body) + size > self._most:
                raise body_too_large(self._most)
            if size == 0:
                at = begin
                self._at_end = True
                break
            if len(data) < begin + size + 2:
                # What is wrong at its end shows there; more than the chunk is never waited for.
                break
            if data[begin + size : begin + size + 2] != b"\r\n":
                raise _bad_chunks()
            self.body += data[begin : begin + size]
            self._framing += size - (begin - at) - 2
            at = begin + size + 2
        del data[:at]
        return self._at_end and self._take_trailers(data)

    def _take_trailers(self, data: bytearray) -> bool:
        if data.startswith(b"\r\n"):
            del data[:2]
            return True
        end = data.find(b"\r\n\r\n") + 4
        if end < 4:
            if len(data) > self._framing or _NO_LINE.search(data):
                raise _bad_chunks()
            return False
        if end > self._framing or not _TRAILERS.fullmatch(data, 0, end):
            raise _bad_chunks()
        del data[:end]
        return True


def body_too_large(most: int) -> Refused:
    return Refused(413, f"The body is larger than {most:,} bytes: send large values in several requests.")


def _bad_chunks() -> Refused:
    return Refused(
        400, "The chunks of the body are not well formed, or too small: send a Content-Length in their place."
    )
