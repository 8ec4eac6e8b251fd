// See disassembly.h; tools/disassembler/main.cpp says what the two programs tell each other.
#include "cli/disassembly.h"

#include <charconv>

#include "cli/module_file.h"
#include "platform/program.h"

namespace waxwing::cli {
namespace {

InstrKind kind_of(char letter) {
  switch (letter) {
    case 'l': return InstrKind::call;
    case 'j': return InstrKind::jump;
    case 'c': return InstrKind::branch;
    case 'r': return InstrKind::ret;
    case 't': return InstrKind::table;
    case '?': return InstrKind::unknown;
  }
  return InstrKind::other;
}

/// Takes what is in front of `end` off `text`; all of it where that is not there.
std::string_view take(std::string_view& text, char end) {
  const size_t size = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The lines of one function, off `text`; nothing where they do not cover its bytes.
std::optional<std::vector<MachineInstr>> take_func(std::string_view& text, size_t size_bytes) {
  std::vector<MachineInstr> instrs;
  uint32_t offset = 0;
  while (offset < size_bytes) {
    std::string_view line = take(text, '\n');
    const auto size = number_of<uint32_t>(take(line, ' '));
    if (!size || *size == 0 || *size > size_bytes - offset) return std::nullopt;
    const std::string_view kind = take(line, ' ');
    const auto target = number_of<int64_t>(take(line, ' '));
    instrs.push_back({.offset = offset,
                      .size_bytes = *size,
                      .kind = kind.empty() ? InstrKind::other : kind_of(kind[0]),
                      .target = target,
                      .text = std::string(line)});
    offset += *size;
  }
  if (take(text, '\n') != ".") return std::nullopt;
  return instrs;
}

}  // namespace

Fallible<std::optional<std::vector<std::vector<MachineInstr>>>> disassemble(
    std::span<const base::ByteSpan> funcs) {
  const std::string program = platform::sibling_program("waxwing-disassemble");
  if (program.empty() || !file_exists(program)) return std::nullopt;
  std::vector<uint8_t> input;
  for (const base::ByteSpan func : funcs) {
    const size_t begin = input.size();
    input.resize(begin + 4);
    base::store_le(&input[begin], static_cast<uint32_t>(func.size()));
    input.insert(input.end(), func.begin(), func.end());
  }
  const auto output = platform::run_program(program, input);
  if (!output) {
    return fail(exit_code::cannot_load,
                program + ": " + std::string(platform::file_error_text(output.error())),
                "build Waxwing again: the disassembler fails");
  }
  std::string_view text = base::as_text(*output);
  std::vector<std::vector<MachineInstr>> listed;
  for (const base::ByteSpan func : funcs) {
    auto instrs = take_func(text, func.size());
    if (!instrs) {
      return fail(exit_code::cannot_load, program + ": what it says cannot be read",
                  "build Waxwing again: it is not of this version");
    }
    listed.push_back(*std::move(instrs));
  }
  return listed;
}

}  // namespace waxwing::cli
