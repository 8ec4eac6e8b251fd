// Why Wasm code failed, as one enumeration, in the order of traps.def. [spec 4]
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waxwing::syntax {

enum class TrapCode : uint8_t {
  none,  // no trap: execution goes on
#define TRAP(ID, TEXT) ID,
#include "syntax/traps.def"
};

inline constexpr std::string_view trap_texts[] = {
    "no trap",
#define TRAP(ID, TEXT) TEXT,
#include "syntax/traps.def"
};

/// The fixed text of `code`, in the official suite's words where it fixes them.
constexpr std::string_view trap_text(TrapCode code) { return trap_texts[size_t(code)]; }

}  // namespace waxwing::syntax
