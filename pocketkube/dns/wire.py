"""From bytes to a query and from a response to bytes, as much of it as the asker can take."""

from __future__ import annotations

import contextlib
import io
import struct
from dataclasses import replace

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype

from pocketkube.dns.message import Record, Response

HEADER = 12  # bytes
SMALLEST = 512  # bytes over UDP that everyone can take: RFC 1035 4.2.1, RFC 6891 6.2.3
LARGEST = 65535
OPT = struct.Struct("!BHHBBHH")  # root, type, size, extended rcode, version, flags, length of the options
ECHOED = {
    dns.edns.OptionType.NSID,
    9,  # EXPIRE, RFC 7314
    dns.edns.OptionType.COOKIE,
    11,  # edns-tcp-keepalive, RFC 7828
    dns.edns.OptionType.PADDING,
}
QUERY_BITS = dns.flags.RD | dns.flags.CD  # what a response repeats of its query's flags
REFUSED_BITS = QUERY_BITS | dns.flags.TC | dns.flags.RA | dns.flags.AD

POINTER = 0xC000
FARTHEST = 0x3FFF  # bytes from the start that a pointer can reach: RFC 1035 4.1.4
Compression = dict[tuple[bytes, ...], int] | None  # where the end of a name has been written; None not to compress


def read(packet: bytes) -> dns.message.Message | bytes | None:
    """A query; the response to what is none; None for what gets no response at all."""
    if len(packet) < HEADER:
        return None
    identity, flags, questions, answers, authorities, additionals = struct.unpack_from("!6H", packet)
    if flags & dns.flags.QR:
        return None
    opcode = dns.opcode.from_flags(flags)
    if opcode not in (dns.opcode.QUERY, dns.opcode.NOTIFY):
        return _refuse(identity, flags, dns.opcode.to_flags(opcode) | dns.rcode.NOTIMP)
    if questions != 1 or answers > 1 or authorities > 1 or additionals > 2:
        return _refuse(identity, flags, dns.rcode.FORMERR)
    try:
        return dns.message.from_wire(packet, keyring=False, ignore_trailing=True)  # signatures are passed over
    except (dns.exception.DNSException, ValueError):
        return _refuse(identity, flags, dns.rcode.FORMERR, packet)


def write(query: dns.message.Message, response: Response, transport: str) -> bytes:
    """The response in wire format. What does not fit is left out, and TC says so (RFC 2181 9)."""
    payload = query.payload if query.edns >= 0 else 0
    payload = min(payload, response.buffer) if response.buffer else payload
    size = max(payload, SMALLEST) if transport == "udp" else LARGEST
    options = _options(query, payload, response.rcode)
    whole = _render(query, response, options, None)
    if len(whole) <= size:
        return whole
    return _render(query, _fitting(query, response, size - len(options)), options, {})


def _fitting(query: dns.message.Message, response: Response, size: int) -> Response:
    """As many records as fit into `size`, section by section."""
    out, names = io.BytesIO(bytes(HEADER)), {}  # type: io.BytesIO, dict[tuple[bytes, ...], int]
    out.seek(HEADER)
    _write_question(out, query, names)
    kept: list[list[Record]] = []
    for section in (response.answer, response.authority, response.additional):
        kept.append([])
        for each in section:
            _write_record(out, each, names)
            if out.tell() > size:
                break
            kept[-1].append(each)
    answer, authority, additional = kept
    cut = sum(map(len, kept)) < len(response.answer) + len(response.authority) + len(response.additional)
    return replace(
        response,
        answer=answer,
        authority=authority,
        additional=additional,
        truncated=response.truncated or cut,
    )


def _render(query: dns.message.Message, response: Response, options: bytes, names: Compression) -> bytes:
    flags = dns.flags.QR | dns.opcode.to_flags(query.opcode()) | response.rcode & 0xF
    if query.opcode() == dns.opcode.QUERY:
        flags |= query.flags & QUERY_BITS
    if response.recursion_desired is not None:
        flags = flags & ~dns.flags.RD | dns.flags.RD * response.recursion_desired
    flags |= dns.flags.AA * response.authoritative
    flags |= dns.flags.TC * response.truncated
    flags |= dns.flags.RA * response.recursion_available
    sections = (response.answer, response.authority, response.additional)
    counts = [len(section) for section in sections]
    counts[2] += bool(options)
    out = io.BytesIO()
    out.write(struct.pack("!6H", query.id, flags, len(query.question), *counts))
    _write_question(out, query, names)
    for section in sections:
        for each in section:
            _write_record(out, each, names)
    out.write(options)
    return out.getvalue()


def _write_question(out: io.BytesIO, query: dns.message.Message, names: Compression) -> None:
    question = query.question[0]
    _write_name(out, question.name, names)
    out.write(struct.pack("!HH", question.rdtype, question.rdclass))


def _write_record(out: io.BytesIO, each: Record, names: Compression) -> None:
    _write_name(out, each.name, names)
    data = each.data.to_wire() or b""
    out.write(struct.pack("!HHIH", each.data.rdtype, each.data.rdclass, each.ttl, len(data)))
    out.write(data)


def _write_name(out: io.BytesIO, name: dns.name.Name, names: Compression) -> None:
    """Owners' names are compressed, by hand because dnspython's way takes ten times as long; names in data are not."""
    labels = name.labels
    if names is not None:
        known = tuple(label.lower() for label in labels)
    for number, label in enumerate(labels):
        if names is not None and label:
            end = known[number:]
            if end in names:
                out.write(struct.pack("!H", POINTER | names[end]))
                return
            if out.tell() <= FARTHEST:
                names[end] = out.tell()
        out.write(bytes((len(label),)) + label)


def _options(query: dns.message.Message, payload: int, rcode: dns.rcode.Rcode) -> bytes:
    """The OPT record, which repeats the asker's own, if it sent one (RFC 6891)."""
    if query.edns < 0:
        return b""
    content = b""
    for option in query.options:
        if option.otype in ECHOED:
            value = option.to_wire() or b""
            content += struct.pack("!HH", option.otype, len(value)) + value
    do = query.ednsflags & dns.flags.DO
    return OPT.pack(0, dns.rdatatype.OPT, payload, rcode >> 4, 0, do, len(content)) + content


def _refuse(identity: int, flags: int, code: int, packet: bytes = b"") -> bytes:
    """A header, and the question of `packet` where that much could be read."""
    out, questions = io.BytesIO(), 0
    out.seek(HEADER)
    with contextlib.suppress(dns.exception.DNSException, ValueError):
        _write_question(out, dns.message.from_wire(packet, question_only=True), None)
        questions = 1
    header = struct.pack("!6H", identity, dns.flags.QR | flags & REFUSED_BITS | code, questions, 0, 0, 0)
    return header + out.getvalue()[HEADER:]
