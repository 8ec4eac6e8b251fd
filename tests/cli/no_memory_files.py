"""A process that gets no file in memory, as one whose descriptors are used up: a filter of its system calls. A limit on
descriptors would keep the dynamic loader from opening libraries too. [seccomp(2)]"""
import ctypes
import errno

MEMFD_CREATE = 319  # on x86-64
PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2
SECCOMP_RET_ERRNO = 0x00050000
SECCOMP_RET_ALLOW = 0x7FFF0000
LOAD_WORD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06

libc = ctypes.CDLL(None, use_errno=True)


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jump_true", ctypes.c_ubyte), ("jump_false", ctypes.c_ubyte),
                ("operand", ctypes.c_uint32)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(Instruction))]


INSTRUCTIONS = (Instruction * 4)(
    Instruction(LOAD_WORD, 0, 0, 0),  # the system call's number
    Instruction(JUMP_IF_EQUAL, 0, 1, MEMFD_CREATE),
    Instruction(RETURN, 0, 0, SECCOMP_RET_ERRNO | errno.EMFILE),
    Instruction(RETURN, 0, 0, SECCOMP_RET_ALLOW))


def prctl(*args):
    if libc.prctl(*args) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def forbid_memory_files():
    """To this process, and to all that it becomes."""
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    program = Program(len(INSTRUCTIONS), INSTRUCTIONS)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program))
