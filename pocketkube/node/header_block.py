"""HTTP/2 headers, as far as one call needs them: written as they are, read with and without Huffman's code.

Source: https://www.rfc-editor.org/rfc/rfc7541. Whoever reads announces a dynamic table of size 0, so there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# Appendix B by length in bits: of one length, codes are in the order of the letters. No text here has longer ones.
LETTERS = {
    5: "012aceiost",
    6: " %-./3456789=A_bdfghlmnpru",
    7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
    8: "&*,;XZ",
    10: '!"()?',
    11: "'+|",
    12: "#>",
    13: "\0$@[]~",
    14: "^}",
    15: "<`{",
}


def write(headers: Iterable[tuple[str, str]]) -> bytes:
    """Names and values of at most 126 bytes."""
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in headers)


def read(block: bytes) -> dict[str, str]:
    """Those that are named in the block itself; what the static table names, such as `:status`, is passed over."""
    return {name: value for name, value in _fields(block) if name}


def _text(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


def _fields(block: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(block):
        first = block[at]
        if first & 0x80 or first & 0xE0 == 0x20:  # wholly from the table; or what becomes of the table's size
            _, at = _number(block, at, 7 if first & 0x80 else 5)
            continue
        index, at = _number(block, at, 6 if first & 0x40 else 4)
        name = ""
        if not index:
            name, at = _string(block, at)
        value, at = _string(block, at)
        yield name, value


def _number(block: bytes, at: int, bits: int) -> tuple[int, int]:
    """With the place after it."""
    most = (1 << bits) - 1
    number = block[at] & most
    at += 1
    if number < most:
        return number, at
    shift = 0
    while True:
        number += (block[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not block[at - 1] & 0x80:
            return number, at


def _string(block: bytes, at: int) -> tuple[str, int]:
    coded = block[at] & 0x80
    length, at = _number(block, at, 7)
    part = block[at : at + length]
    return (_decoded(part) if coded else part.decode(errors="replace")), at + length


def _codes() -> Iterator[tuple[tuple[int, int], str]]:
    code = 0
    before = min(LETTERS)
    for length, letters in LETTERS.items():
        code <<= length - before
        before = length
        for letter in letters:
            yield (length, code), letter
            code += 1


CODES = dict(_codes())


def _decoded(part: bytes) -> str:
    text, length, code = "", 0, 0
    for byte in part:
        for bit in range(7, -1, -1):
            length, code = length + 1, code << 1 | byte >> bit & 1
            if (length, code) in CODES:
                text, length, code = text + CODES[length, code], 0, 0
    return text
