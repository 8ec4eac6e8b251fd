"""usage: exceptions.py OUTPUT: writes a module that throws, catches and throws again in the old way and the new one, calls typed
references and has two memories and an extended constant: what Debian's assembler does not know."""

import sys

I32, EXNREF, END = 0x7F, 0x69, 0x0B
GET0 = [0x20, 0]
THROW, THROW_REF, CALL, RETURN, UNREACHABLE = 0x08, 0x0A, 0x10, 0x0F, 0x00
BLOCK, TRY_TABLE, IF, VOID = 0x02, 0x1F, 0x04, 0x40
TRY, CATCH, RETHROW, DELEGATE, CATCH_ALL = 0x06, 0x07, 0x09, 0x18, 0x19


def vector(items):
    return [len(items)] + [byte for item in items for byte in item]


def name(text):
    return [len(text)] + list(text.encode())


def section(number, items):
    body = vector(items)
    return [number, len(body) & 0x7F | 0x80, len(body) >> 7] + body


def body(code):
    return [len(code) + 2, 0] + code + [END]


throw_it = GET0 + [0x41, 3, 0x4A, IF, VOID] + GET0 + [THROW, 0, END] + GET0
try_throw = GET0 + [CALL, 0, RETURN, END, UNREACHABLE, END]
catch_it = [BLOCK, I32, TRY_TABLE, VOID, 1, 0, 0, 0] + try_throw + [0x41, 0xE8, 7, 0x6A]
pass_on = [BLOCK, EXNREF, TRY_TABLE, VOID, 1, 3, 0] + try_throw + [THROW_REF]
old_catch = [TRY, I32] + GET0 + [CALL, 0, CATCH, 0, 0x41, 1, 0x6A, CATCH_ALL, 0x41, 2, END]
rethrow_twice = [TRY, VOID, RETHROW, 1, CATCH_ALL, END, RETHROW, 0]
old_pass_on = [TRY, I32, TRY, I32] + GET0 + [CALL, 0, CATCH_ALL] + rethrow_twice + [END, CATCH, 0, END]
delegate_out = [TRY, I32, BLOCK, I32, TRY, I32] + GET0 + [CALL, 0, DELEGATE, 1, END, CATCH, 0, END]
call_typed = GET0 + [0xD2, 0, 0x14, 0] + GET0 + [0xD0, 0, 0xD1, 0x6A, 0x6A]
call_null = GET0 + [0xD0, 0, 0xD4, 0x14, 0]
two_memories = GET0 + [0x41, 0, 0x41, 4, 0xFC, 10, 1, 0] + GET0 + [0x28, 0x42, 1, 0]
global_get = [0x23, 0] + GET0 + [0x6A]
functions = {
    "throw_it": throw_it, "catch_it": catch_it, "pass_on": pass_on, "call_typed": call_typed, "call_null": call_null,
    "two_memories": two_memories, "global_get": global_get, "old_catch": old_catch, "old_pass_on": old_pass_on,
    "delegate_out": delegate_out}

module = list(b"\0asm\1\0\0\0")
module += section(1, [[0x60, 1, I32, 1, I32], [0x60, 1, I32, 0]])
module += section(3, [[0]] * len(functions))
module += section(4, [[0x40, 0, 0x63, 0, 0, 2, 0xD2, 0, END]])
module += section(5, [[0, 1], [1, 1, 2]])
module += section(13, [[0, 1]])
module += section(6, [[I32, 0, 0x41, 5, 0x41, 6, 0x6C, END]])
module += section(7, [name(text) + [0, index] for index, text in enumerate(functions)])
module += section(9, [[3, 0, 1, 0]])
module += section(10, [body(code) for code in functions.values()])
with open(sys.argv[1], "wb") as output:
    output.write(bytes(module))
