"""SPDY/3.1 as far as port-forwarding needs it: streams with headers and data, no flow control.

Source: https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

# fmt: off
WORDS = (
    "options", "head", "post", "put", "delete", "trace", "accept", "accept-charset", "accept-encoding",
    "accept-language", "accept-ranges", "age", "allow", "authorization", "cache-control", "connection",
    "content-base", "content-encoding", "content-language", "content-length", "content-location", "content-md5",
    "content-range", "content-type", "date", "etag", "expect", "expires", "from", "host", "if-match",
    "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified", "location",
    "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization", "range", "referer", "retry-after",
    "server", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "vary", "via", "warning",
    "www-authenticate", "method", "get", "status",
)
# fmt: on
MORE_WORDS = ("200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin")
TEXT = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug "
    "Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,"
    "application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,"
    "sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
# What both ends' compressors of headers begin with: section 2.6.10.1.
DICTIONARY = b"".join(struct.pack(">I", len(word)) + word.encode() for word in (*WORDS, *MORE_WORDS)) + TEXT.encode()
CONTROL = 0x8003  # a control frame of version 3
SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
FIN = 1  # nothing more comes on this stream from the sender
LARGEST = 1 << 20  # bytes of one frame


@dataclass(frozen=True, slots=True)
class Opened:
    """The peer has opened a stream."""

    stream: int
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Data:
    """`last`: the peer has nothing more to send on this stream."""

    stream: int
    content: bytes
    last: bool


@dataclass(frozen=True, slots=True)
class Reset:
    stream: int


@dataclass(frozen=True, slots=True)
class Pinged:
    """`answer`: the frame to send back."""

    answer: bytes


Frame = Opened | Data | Reset | Pinged


class Connection:
    """One end, without input or output of its own."""

    def __init__(self) -> None:
        self._received = b""
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def receive(self, content: bytes) -> Iterator[Frame]:
        """What has arrived whole; ValueError for what is not SPDY/3.1."""
        self._received += content
        while len(self._received) >= 8:
            first, flags_and_length = struct.unpack_from(">II", self._received)
            length = flags_and_length & 0xFFFFFF
            if length > LARGEST:
                raise ValueError(f"a frame of {length} bytes")
            if len(self._received) < 8 + length:
                return
            body, self._received = self._received[8 : 8 + length], self._received[8 + length :]
            frame = self._read(first, flags_and_length >> 24, body)
            if frame:
                yield frame

    def _read(self, first: int, flags: int, body: bytes) -> Frame | None:
        if not first >> 31:
            return Data(first, body, bool(flags & FIN))
        if first >> 16 != CONTROL:
            raise ValueError(f"version {first >> 16 & 0x7FFF} of SPDY")
        kind = first & 0xFFFF
        if kind == SYN_STREAM:
            return Opened(struct.unpack_from(">I", body)[0] & 0x7FFFFFFF, self._read_headers(body[10:]))
        if kind == RST_STREAM:
            return Reset(struct.unpack_from(">I", body)[0] & 0x7FFFFFFF)
        if kind == PING:
            return Pinged(_control(PING, 0, body))
        if kind in (SYN_REPLY, HEADERS):
            self._read_headers(body[4:])  # both ends' compressors must stay in step
        return None

    def _read_headers(self, block: bytes) -> dict[str, str]:
        try:
            text = self._inflate.decompress(block, LARGEST)
        except zlib.error as error:
            raise ValueError(str(error)) from error
        (count,) = struct.unpack_from(">I", text)
        position, parts = 4, []
        for _ in range(2 * count):
            (length,) = struct.unpack_from(">I", text, position)
            parts.append(text[position + 4 : position + 4 + length].decode("latin-1"))
            position += 4 + length
        return dict(zip(parts[::2], parts[1::2], strict=True))

    def accept(self, stream: int) -> bytes:
        """The frame that answers an Opened, without headers."""
        block = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control(SYN_REPLY, 0, struct.pack(">I", stream) + block)

    def data(self, stream: int, content: bytes, *, last: bool = False) -> bytes:
        return struct.pack(">II", stream, (FIN if last else 0) << 24 | len(content)) + content


def _control(kind: int, flags: int, body: bytes) -> bytes:
    return struct.pack(">HHI", CONTROL, kind, flags << 24 | len(body)) + body
