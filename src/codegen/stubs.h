// What the linker asks of an ISA: the stubs through which an image's code meets the runtime and
// other images.
#pragma once

#include <cstdint>
#include <vector>

#include "abi/builtins.h"
#include "abi/code_image.h"
#include "base/result.h"
#include "syntax/module.h"

namespace waxwing::codegen {

/// Which stubs an image needs besides those that every image has. By BuiltinId, by TrapCode, and
/// four times by TypeIdx, where only the first of equal types counts (Module::canonical_types).
struct StubRequest {
  std::vector<bool> builtins;
  std::vector<bool> traps;
  std::vector<bool> enter;
  std::vector<bool> foreign;
  std::vector<bool> tail_foreign;
  std::vector<bool> check_type;  // here every type counts
  uint32_t lazy_funcs = 0;       // entries of CodeStubs::func_entries
};

/// Stubs as they lie at the start of an image's text, before the functions; offsets count from
/// there. Those that nobody asked for are CodeStubs::none.
struct StubCode {
  std::vector<uint8_t> text;  // its size is a multiple of 16
  abi::CodeStubs stubs;
  /// Positions of four bytes that become the distance from their end to that of the functions.
  std::vector<uint32_t> text_end_references;
  uint8_t padding = 0;  // what fills gaps between functions: it stops whoever runs into it
};

class StubWriter {
 public:
  virtual ~StubWriter() = default;

  /// REQUIRES: the types are of functions. Linear time in the types of the stubs that are asked
  /// for. Errors: `out_of_memory`, `implementation_limit`.
  virtual base::Result<StubCode> write(const syntax::Module& module,
                                       const StubRequest& request) = 0;
};

}  // namespace waxwing::codegen
