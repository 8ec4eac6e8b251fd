#include "assembler/jump_table.h"

#include <array>

namespace waxwing::assembler {

void put_jump_table(CodeBuffer& buffer, Label& table, std::span<Label* const> targets) {
  buffer.align(4, 0);
  buffer.bind(table);
  for (Label* target : targets) {
    const uint32_t position = buffer.position();
    buffer.put_bytes(std::array<uint8_t, 4>{});
    buffer.refer(*target, FixupKind::rel32, position,
                 static_cast<int32_t>(position - table.position()));
  }
}

}  // namespace waxwing::assembler
