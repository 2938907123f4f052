"""Write pocketkube/go_types.json: the Go structs of the Kubernetes API, read from the pinned kubectl.

    .venv/bin/python setup/go_types.py

kubectl is a Go program and carries the run-time type information of every API struct: names, Go types and the tags
`json`, `protobuf` and `patchMergeKey`. Run it again when the version of kubectl changes.
Layout of that information: https://cs.opensource.google/go/go/+/master:src/internal/abi/type.go
"""

from __future__ import annotations

import json
import re
import struct
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
KUBECTL = Path(sys.executable).parent / "kubectl"
TARGET = ROOT / "pocketkube" / "go_types.json"
API = "k8s.io/api/"
META = "k8s.io/apimachinery/pkg/apis/meta/v1"
GROUPS = (
    "apps/v1",
    "authentication/v1",
    "authorization/v1",
    "autoscaling/v1",
    "batch/v1",
    "coordination/v1",
    "core/v1",
    "discovery/v1",
    "events/v1",
    "networking/v1",
    "policy/v1",
    "rbac/v1",
    "storage/v1",
)
# Fields that kubectl 1.37 knows and the recorded API server, 1.36, does not.
NEWER = {
    ("core/v1.EmptyDirVolumeSource", "mode"),
    ("core/v1.HTTPGetAction", "protocol"),
    ("core/v1.PersistentVolumeClaimStatus", "healthStatus"),
    ("core/v1.PodSpec", "evictionResponders"),
    ("core/v1.VolumeMount", "bindMountOptions"),
}
META_ROOTS = ("DeleteOptions", "Status", "LabelSelector")
# Structs that write themselves as one JSON value.
SCALARS = {
    f"{META}.Time": "time",
    f"{META}.MicroTime": "micro-time",
    f"{META}.Duration": "duration",
    f"{META}.FieldsV1": "fields",
    "k8s.io/apimachinery/pkg/api/resource.Quantity": "quantity",
    "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "int-or-string",
    "k8s.io/apimachinery/pkg/runtime.RawExtension": "raw",
}
BOOL, INT, INT32, INT64, UINT8, FLOAT64 = 1, 2, 5, 6, 8, 14
FUNC, INTERFACE, MAP, POINTER, SLICE, STRING, STRUCT = 19, 20, 21, 22, 23, 24, 25
NAMES = {BOOL: "bool", INT: "int", INT32: "int32", INT64: "int64", FLOAT64: "float64", STRING: "string"}
UNCOMMON, STARRED, NAMED = 1, 2, 4  # flags of a type; STARRED: its name is written with a `*` too many
HEADER = 48  # bytes of abi.Type
TAGGED = 2  # flag of a name


class Types:
    """The run-time types of an ELF executable for amd64 that Go has linked."""

    def __init__(self, program: Path) -> None:
        self._data = program.read_bytes()
        self._sections = self._read_sections()
        self._base = self._sections[".rodata"][0]

    def structs(self) -> dict[str, list[tuple[str, str, str]]]:
        """{package path.Name: [(name, type, tag) of each field]} of all that can be reached."""
        _, offset, size = self._sections[".typelink"]
        waiting = [self._base + self._number("<i", offset + at) for at in range(0, size, 4)]
        seen: set[int] = set()
        found: dict[str, list[tuple[str, str, str]]] = {}
        while waiting:
            address = waiting.pop()
            if address in seen:
                continue
            seen.add(address)
            kind, _, flags = self._type(address)
            if kind in (POINTER, SLICE):
                waiting.append(self._word(address + HEADER))
            elif kind == MAP:
                waiting += [self._word(address + HEADER), self._word(address + HEADER + 8)]
            elif kind == FUNC:
                waiting += self._parameters(address, flags)
            elif kind == STRUCT:
                fields = self._fields(address)
                waiting += [inner for _, inner, _ in fields]
                if flags & NAMED:
                    spelled = [(name, self._spelled(inner), tag) for name, inner, tag in fields]
                    found[self._full_name(address)] = spelled
        return found

    def _read_sections(self) -> dict[str, tuple[int, int, int]]:
        table = self._number("<Q", 0x28)
        size, count, names = struct.unpack_from("<HHH", self._data, 0x3A)
        heads = [struct.unpack_from("<IIQQQQ", self._data, table + each * size) for each in range(count)]
        start = heads[names][4]
        found = {}
        for name, _, _, address, offset, length in heads:
            end = self._data.index(b"\0", start + name)
            found[self._data[start + name : end].decode()] = (address, offset, length)
        return found

    def _number(self, form: str, offset: int) -> int:
        return int(struct.unpack_from(form, self._data, offset)[0])

    def _offset(self, address: int) -> int:
        for name in (".rodata", ".data", ".noptrdata"):
            start, offset, length = self._sections[name]
            if start <= address < start + length:
                return offset + address - start
        raise ValueError(f"{address:#x} is in no section that holds types")

    def _word(self, address: int) -> int:
        return self._number("<Q", self._offset(address))

    def _varint(self, offset: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = self._data[offset]
            offset += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value, offset

    def _name(self, address: int) -> tuple[str, str]:
        offset = self._offset(address)
        flags = self._data[offset]
        length, offset = self._varint(offset + 1)
        name, tag = self._data[offset : offset + length], b""
        if flags & TAGGED:
            size, offset = self._varint(offset + length)
            tag = self._data[offset : offset + size]
        return name.decode(), tag.decode()

    def _type(self, address: int) -> tuple[int, str, int]:
        """Kind, name and flags."""
        fields = struct.unpack_from("<QQIBBBBQQii", self._data, self._offset(address))
        name = self._name(self._base + fields[9])[0]
        return fields[6] & 31, name[1:] if fields[3] & STARRED else name, fields[3]

    def _fields(self, address: int) -> list[tuple[str, int, str]]:
        """Name, address of the type, and tag of each."""
        first, count = self._word(address + HEADER + 8), self._word(address + HEADER + 16)
        each = [first + 24 * number for number in range(count)]
        named = [(at, self._name(self._word(at))) for at in each]
        return [(name, self._word(at + 8), tag) for at, (name, tag) in named]

    def _parameters(self, address: int, flags: int) -> list[int]:
        incoming, outgoing = struct.unpack_from("<HH", self._data, self._offset(address) + HEADER)
        first = address + HEADER + 8 + (16 if flags & UNCOMMON else 0)
        return [self._word(first + 8 * number) for number in range(incoming + (outgoing & 0x7FFF))]

    def _full_name(self, address: int) -> str:
        name, flags = self._type(address)[1:]
        package = ""
        if flags & UNCOMMON:
            package = self._name(self._base + self._number("<i", self._offset(address) + HEADER + 32))[0]
        return f"{package}.{name.rpartition('.')[2]}"

    def _spelled(self, address: int) -> str:
        """`*T`, `[]T`, `{}T` for a map of strings to T, `bytes`, a struct's full name, or a simple type.

        A type with a name of its own is `T=NAME`, as in `string=v1.Protocol`.
        """
        kind, name, flags = self._type(address)
        if kind == STRUCT and flags & NAMED:
            return self._full_name(address)
        if flags & NAMED and kind in (STRING, INT32, INT64, SLICE, MAP) and "." in name:
            return f"{self._unnamed(address)}={name}"
        return self._unnamed(address)

    def _unnamed(self, address: int) -> str:
        kind, name, _ = self._type(address)
        if kind == POINTER:
            return "*" + self._spelled(self._word(address + HEADER))
        if kind == SLICE:
            inner = self._word(address + HEADER)
            return "bytes" if self._type(inner)[0] == UINT8 else "[]" + self._spelled(inner)
        if kind == MAP:
            return "{}" + self._spelled(self._word(address + HEADER + 8))
        return NAMES.get(kind, name)


def described(structs: dict[str, list[tuple[str, str, str]]]) -> dict[str, list[list[Any]]]:
    """{name: [[JSON name or "" for an embedded struct, type, protobuf number, merge key, left out when empty,
    and its name in Go where that is not the JSON name with a capital]]}"""
    roots = [name for name in structs if name.removeprefix(API).rpartition(".")[0] in GROUPS]
    waiting = [name for name in roots if not name.endswith("List")] + [f"{META}.{name}" for name in META_ROOTS]
    found: dict[str, list[list[Any]]] = {}
    while waiting:
        name = waiting.pop()
        if _short(name) in found:
            continue
        found[_short(name)] = fields = []
        for go_name, kind, tag in structs[name]:
            tags = dict(re.findall(r'(\w+):"([^"]*)"', tag))
            json_name, _, options = tags.get("json", "").partition(",")
            number = re.match(r"\w+,(\d+)", tags.get("protobuf", ""))
            if not number or (_short(name), json_name) in NEWER:
                continue
            bare, equals, own_name = kind.lstrip("*[]{}").partition("=")
            if bare in structs and bare not in SCALARS:
                waiting.append(bare)
            prefix = kind[: len(kind) - len(bare + equals + own_name)]
            merge_key = tags.get("patchMergeKey", "") or ("*" if tags.get("patchStrategy") == "merge" else "")
            spelled = prefix + (SCALARS.get(bare) or _short(bare)) + equals + own_name
            fields.append([json_name, spelled, int(number[1]), merge_key, "omitempty" in options])
            if json_name and go_name != json_name[0].upper() + json_name[1:]:
                fields[-1].append(go_name)
    return dict(sorted(found.items()))


def _short(name: str) -> str:
    return name.replace(META, "meta/v1").removeprefix(API)


def main() -> None:
    found = described(Types(KUBECTL).structs())
    lines = [f"{json.dumps(name)}: {json.dumps(fields, separators=(',', ':'))}" for name, fields in found.items()]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{TARGET.relative_to(ROOT)}: {len(found)} structs")


if __name__ == "__main__":
    main()
