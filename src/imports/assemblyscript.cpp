// See assemblyscript.h. Its strings are UTF-16, with their size in bytes in the 4 bytes before.
#include "imports/assemblyscript.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "runtime/store.h"
#include "wasi/io.h"

namespace waxwing::imports {
namespace {

using runtime::Outcome;
using runtime::Slot;

/// Of a string; what is longer is cut.
constexpr size_t max_units = 16384;

void append_utf8(std::string& text, uint32_t code) {
  const auto put = [&text](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xe0 | code >> 12);
    } else {
      put(0xf0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3f));
    }
    put(0x80 | (code >> 6 & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

/// Surrogates without their other half are U+FFFD.
std::string utf8_of(std::span<const uint8_t> units) {
  const auto unit = [&](size_t at) -> uint32_t {
    return at + 1 < units.size() ? base::load_le<uint16_t>(&units[at]) : 0;
  };
  std::string text;
  for (size_t at = 0; at + 1 < units.size(); at += 2) {
    uint32_t code = unit(at);
    const uint32_t next = unit(at + 2);
    if (code >= 0xd800 && code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
      at += 2;
    } else if (code >= 0xd800 && code < 0xe000) {
      code = 0xfffd;
    }
    append_utf8(text, code);
  }
  return text;
}

/// Nothing where it is null or not all in the memory.
std::optional<std::string> string_at(const wasi::GuestMemory& memory, uint32_t address) {
  constexpr uint32_t size_bytes = 4;
  if (address < size_bytes) return std::nullopt;
  const auto size = memory.load<uint32_t>(address - size_bytes);
  if (!size || *size % 2 != 0) return std::nullopt;
  const auto units = memory.bytes(address, *size);
  if (!units) return std::nullopt;
  if (*size <= 2 * max_units) return utf8_of(*units);
  return utf8_of(units->first(2 * max_units)) + "...";
}

/// To the guest's descriptor, as its own fd_write would; what cannot be written is not. Not
/// `returned` where the call shall end.
Outcome write_line(wasi::Call& call, uint32_t fd, const std::string& line) {
  std::span<const uint8_t> rest = base::as_bytes(line);
  while (!rest.empty()) {
    const auto file = call.context.fds().get_file(fd, wasi::rights::fd_write);
    if (!file) break;
    wasi::WriteBuffers buffers;
    buffers.add({rest.data(), rest.size()});
    const auto count = wasi::write_to(call, **file, buffers);
    if (!count || *count == 0) break;
    rest = rest.subspan(*count);
  }
  return call.outcome;
}

wasi::Call call_of(AssemblyScript& self, runtime::Caller& caller) {
  return {.context = *self.context,
          .memory = wasi::GuestMemory::of(caller.instance),
          .store = caller.store};
}

/// abort(message, fileName, lineNumber, columnNumber)
Outcome abort(void* data, runtime::Caller& caller, Slot* slots) {
  auto& self = *static_cast<AssemblyScript*>(data);
  if (self.abort_message) {
    wasi::Call call = call_of(self, caller);
    const auto text = [&](size_t slot) {
      return string_at(call.memory, runtime::slot_i32(slots[slot]));
    };
    const auto number = [&](size_t slot) { return std::to_string(runtime::slot_i32(slots[slot])); };
    const Outcome written = write_line(call, 2,
                                       text(0).value_or("abort") + " at " + text(1).value_or("?") +
                                           ":" + number(2) + ":" + number(3) + "\n");
    if (written != Outcome::returned) return written;
  }
  constexpr int32_t status = 255;  // as AssemblyScript's own shim for WASI has it
  return caller.store.set_exit(status);
}

std::string number_text(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number);
  return {text, end.ptr};
}

/// trace(message, n, a0, a1, a2, a3, a4)
Outcome trace(void* data, runtime::Caller& caller, Slot* slots) {
  auto& self = *static_cast<AssemblyScript*>(data);
  if (self.trace == TraceOutput::none) return Outcome::returned;
  wasi::Call call = call_of(self, caller);
  const auto message = string_at(call.memory, runtime::slot_i32(slots[0]));
  std::string line = "trace: " + message.value_or("?");
  constexpr uint32_t max_numbers = 5;
  const uint32_t count = std::min(runtime::slot_i32(slots[1]), max_numbers);
  for (uint32_t i = 0; i < count; ++i) {
    double number;
    std::memcpy(&number, &slots[2 + i], sizeof number);
    line += (i == 0 ? " " : ",") + number_text(number);
  }
  return write_line(call, self.trace == TraceOutput::standard_output ? 1 : 2, line + "\n");
}

/// seed(): where Math.random begins. Whole, finite, and below 2^53.
Outcome seed(void* data, runtime::Caller& caller, Slot* slots) {
  uint8_t bytes[8];
  if (!static_cast<AssemblyScript*>(data)->context->random().fill(bytes)) {
    return caller.store.set_trap(syntax::TrapCode::host_error, "there are no random bytes");
  }
  const double number = static_cast<double>(base::load_le<uint64_t>(bytes) >> 11);
  std::memcpy(&slots[0], &number, sizeof number);
  return Outcome::returned;
}

}  // namespace

runtime::HostCode find_assemblyscript(std::string_view name, const syntax::FuncType& type) {
  using syntax::f64_type, syntax::i32_type;
  if (name == "abort") {
    return type == syntax::FuncType{{i32_type, i32_type, i32_type, i32_type}, {}} ? &abort
                                                                                  : nullptr;
  }
  if (name == "trace") {
    const syntax::FuncType expected{
        {i32_type, i32_type, f64_type, f64_type, f64_type, f64_type, f64_type}, {}};
    return type == expected ? &trace : nullptr;
  }
  return name == "seed" && type == syntax::FuncType{{}, {f64_type}} ? &seed : nullptr;
}

}  // namespace waxwing::imports
