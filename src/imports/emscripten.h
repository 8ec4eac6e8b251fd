// The functions that Emscripten imports beside WASI where a module is stand-alone: of longjmp,
// which unwinds the stack by the host, and a few that the host has nothing to do in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "runtime/func.h"

namespace waxwing::imports {

/// What the modules of one store share.
struct Emscripten {
  uint32_t temp_ret = 0;  // the upper half of an i64 that is returned in two
};

/// The function, or nothing. [emscripten, system/lib/compiler-rt/emscripten_setjmp.c]
std::optional<runtime::HostFunc> find_emscripten(runtime::TypeRegistry& types,
                                                 const std::shared_ptr<Emscripten>& shared,
                                                 std::string_view name,
                                                 const syntax::FuncType& type);

}  // namespace waxwing::imports
