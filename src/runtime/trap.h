// What stopped Wasm code, and where: a `Trap` is not an `Error` (the module was right) and not our
// bug.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dwarf/location.h"
#include "syntax/trap.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// How a call of Wasm or of the host ended. Details of `trapped` and `threw` wait in the store.
enum class [[nodiscard]] Outcome : uint8_t { returned, trapped, threw };

struct LoadedModule;

/// One Wasm function on the stack, innermost first.
struct Frame {
  std::string module;  // its name in the linker or the name section; may be empty
  syntax::FuncIdx func;
  std::string name;     // from the name section; may be empty
  uint64_t offset = 0;  // of the instruction, in the module's bytes
  std::shared_ptr<const LoadedModule> loaded = nullptr;  // where `source` looks; may be null

  /// See dwarf::SourceMap::find.
  std::vector<dwarf::Location> source() const;
};

/// Wasm code failed, was stopped, or asked to exit.
struct Trap {
  syntax::TrapCode code = syntax::TrapCode::none;
  std::string detail;         // may be empty
  int32_t exit_status = 0;    // TrapCode::exit
  std::vector<Frame> frames;  // at most max_frames; empty where the host stopped outside Wasm

  static constexpr size_t max_frames = 100;

  /// "wasm trap: integer divide by zero" and, below it, a line a frame, and the places in its
  /// source. Those are looked up now, if they were not before.
  std::string message() const;
  /// The frames are without places in the source from now on.
  void forget_sources() {
    for (Frame& frame : frames) frame.loaded = nullptr;
  }
};

}  // namespace waxwing::runtime
