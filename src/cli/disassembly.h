// Machine code as text, by the program waxwing-disassemble (tools/disassembler) beside this one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cli/messages.h"

namespace waxwing::cli {

/// What an instruction does with `target`.
enum class InstrKind : uint8_t { other, call, jump, branch, ret, table, unknown };

struct MachineInstr {
  uint32_t offset = 0;  // in the function
  uint32_t size_bytes = 0;
  InstrKind kind = InstrKind::other;
  std::optional<int64_t> target;  // in bytes from the function: a branch's, constant's or entry's
  std::string text;               // in Intel's syntax, target included
};

/// The instructions of each of `funcs`, constants behind them read as such too; nothing where there
/// is no disassembler. One process for all of them.
Fallible<std::optional<std::vector<std::vector<MachineInstr>>>> disassemble(
    std::span<const base::ByteSpan> funcs);

}  // namespace waxwing::cli
