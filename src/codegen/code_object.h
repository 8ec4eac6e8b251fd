// The machine code of one function before it is linked: what the compilers yield, each function for
// itself, on any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "abi/builtins.h"
#include "abi/code_image.h"

namespace waxwing::codegen {

/// What a 32-bit distance in the text leads to. Each is called or jumped to; all but `func` are
/// stubs of the image.
enum class TargetKind : uint8_t {
  func,     // index: a defined function of the module, counted from the first defined one
  builtin,  // index: BuiltinId. Arguments in builtin_argument_gprs; the value comes back in
            // builtin_result_gpr; keeps callee_saved_gprs only. Does not come back where the
            // builtin fails. check_loop, refuel and shade keep all registers, have no value, and
            // take their argument in `scratch`.
  trap,     // index: TrapCode. Does not come back.
  foreign,  // index: TypeIdx. Calls the FuncRecord in `scratch`, which is of that type but of any
            // instance or a host's, by the register convention.
  tail_foreign,  // index: TypeIdx. Jumped to after the frame is gone: calls it in our place.
  check_type,    // index: TypeIdx. Traps unless the FuncRecord in `scratch` is of a subtype of it.
                 // Keeps all registers.
};

struct Target {
  TargetKind kind = TargetKind::func;
  uint32_t index = 0;
};

/// The four bytes at `position` become the distance from their end to the target.
struct Reference {
  uint32_t position = 0;
  Target target;
};

/// Offsets count from the start of `text`, which the linker aligns to 64.
struct CodeObject {
  std::vector<uint8_t> text;  // constants included
  std::vector<Reference> references;
  std::vector<abi::CodeSite> sites;        // in any order
  std::vector<abi::CodeHandler> handlers;  // in the order in which they are asked
  uint32_t frame_bytes = 0;
};

}  // namespace waxwing::codegen
