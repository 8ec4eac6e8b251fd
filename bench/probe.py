"""Makes probes of WASI programs: the same module, but its _start writes two pages to the standard output and returns.

So all of a program is there and started, of which nothing else runs: the first byte that comes out is its first instruction.
Types, functions and code are added behind what is there (Core 5.5), so that no index changes.
"""

CUSTOM, TYPE, IMPORT, FUNCTION, EXPORT, CODE = 0, 1, 2, 3, 7, 10
LENGTH = 8192  # two pages: more than the pipe of bench/first.c takes at once


class Unsuitable(Exception):
    """Something is no WASI command; the words say why."""


def read_u32(data, at):
    """Returns (the LEB128 number, the position behind it)."""
    value = shift = 0
    while True:
        byte = data[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if byte < 0x80:
            return value, at


def u32(value):
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded) + bytes([value])


def i32(value):
    """Signed LEB128 of a number that is not negative."""
    encoded = bytearray()
    while value >= 0x40:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded) + bytes([value])


def sections(module):
    """Returns [(id, content)]."""
    if module[:8] != b"\0asm\1\0\0\0":
        raise Unsuitable("it is no module")
    found, at = [], 8
    while at < len(module):
        size, begin = read_u32(module, at + 1)
        found.append((module[at], module[begin:begin + size]))
        at = begin + size
    return found


def read_name(data, at):
    size, at = read_u32(data, at)
    return bytes(data[at:at + size]), at + size


def skip_limits(data, at):
    flags = data[at]
    _, at = read_u32(data, at + 1)
    return read_u32(data, at)[1] if flags & 1 else at


def find_imports(content):
    """Returns (the index of fd_write, the number of imported functions)."""
    count, at = read_u32(content, 0)
    functions, fd_write = 0, None
    for _ in range(count):
        module, at = read_name(content, at)
        name, at = read_name(content, at)
        kind, at = content[at], at + 1
        if kind == 0:
            if (module, name) == (b"wasi_snapshot_preview1", b"fd_write"):
                fd_write = functions
            functions, at = functions + 1, read_u32(content, at)[1]
        elif kind in (1, 2):
            at = skip_limits(content, at + (kind == 1))
        else:
            at += 2  # a global; a tag of less than 128 types
    if fd_write is None:
        raise Unsuitable("it imports no fd_write")
    return fd_write, functions


def export_start(content, function):
    """The export section with that function as _start."""
    count, at = read_u32(content, 0)
    entries, found = [], False
    for _ in range(count):
        name, at = read_name(content, at)
        kind, (index, at) = content[at], read_u32(content, at + 1)
        if name == b"_start":
            index, found = function, True
        entries.append(u32(len(name)) + name + bytes([kind]) + u32(index))
    if not found:
        raise Unsuitable("it exports no _start")
    return u32(count) + b"".join(entries)


def body(fd_write):
    """Writes LENGTH bytes at 0 to the standard output, in as many calls of fd_write as it takes, unless one fails.
    At 8 is what is passed: address, length; at 16 what was written."""
    constant = lambda value: b"\x41" + i32(value)
    load = lambda address: constant(address) + b"\x28\x02\x00"
    store, subtract, is_other, is_zero, both = b"\x36\x02\x00", b"\x6b", b"\x47", b"\x45", b"\x71"
    code = constant(8) + constant(0) + store + constant(12) + constant(LENGTH) + store + b"\x03\x40"
    code += constant(1) + constant(8) + constant(1) + constant(16) + b"\x10" + u32(fd_write) + b"\x21\x00"
    code += constant(12) + load(12) + load(16) + subtract + store
    code += b"\x20\x00" + is_zero + load(12) + constant(0) + is_other + both + b"\x0d\x00\x0b"
    content = b"\x01\x01\x7f" + code + b"\x0b"  # one local: the error
    return u32(len(content)) + content


def append(content, entry):
    """The vector with one more entry; returns (it, that entry's index)."""
    count, at = read_u32(content, 0)
    return u32(count + 1) + content[at:] + entry, count


def make(module, keeps_custom=True):
    """Returns the bytes of the probe; raises Unsuitable. Where custom sections are not kept, those of names and of
    debuggers are not in what is measured."""
    parts = sections(module)
    of = dict((number, content) for number, content in parts if number != CUSTOM)
    if not all(number in of for number in (TYPE, IMPORT, FUNCTION, EXPORT, CODE)):
        raise Unsuitable("it lacks a section that every WASI command has")
    fd_write, imported = find_imports(of[IMPORT])
    of[TYPE], nothing = append(of[TYPE], b"\x60\x00\x00")
    of[FUNCTION], added = append(of[FUNCTION], u32(nothing))
    of[CODE], _ = append(of[CODE], body(fd_write))
    of[EXPORT] = export_start(of[EXPORT], imported + added)
    chosen = ((number, of.get(number, content) if number != CUSTOM else content) for number, content in parts
              if number != CUSTOM or keeps_custom)
    return module[:8] + b"".join(bytes([number]) + u32(len(content)) + content for number, content in chosen)
