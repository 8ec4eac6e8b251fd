"""Pieces of modules in the binary format. [spec 5.2.2, 5.5.2]"""


def leb128(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def leb128_signed(number):
    out = bytearray()
    while not -64 <= number < 64:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number & 0x7F)
    return bytes(out)


def section(identifier, content):
    return bytes([identifier]) + leb128(len(content)) + content
