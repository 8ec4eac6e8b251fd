// builtins.def read back: ids, and which of them can fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waxwing::abi {

enum class BuiltinId : uint16_t {
#define BUILTIN(NAME, KIND, ARGUMENTS) NAME,
#include "abi/builtins.def"
};

enum class BuiltinKind : uint8_t { plain, fallible };

struct BuiltinInfo {
  std::string_view name;
  BuiltinKind kind;
};

inline constexpr BuiltinInfo builtin_table[] = {
#define BUILTIN(NAME, KIND, ARGUMENTS) {#NAME, BuiltinKind::KIND},
#include "abi/builtins.def"
};

inline constexpr size_t builtin_count = sizeof(builtin_table) / sizeof(builtin_table[0]);

constexpr const BuiltinInfo& builtin_info(BuiltinId id) { return builtin_table[size_t(id)]; }

}  // namespace waxwing::abi
