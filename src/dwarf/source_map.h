// From a module's instructions to the lines of its source, by the DWARF in its custom sections.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "dwarf/location.h"
#include "syntax/module.h"

namespace waxwing::dwarf {

class LineIndex;

/// Belongs to one module. Nothing is read before somebody asks. Thread-safe.
class SourceMap {
 public:
  SourceMap();
  ~SourceMap();
  SourceMap(const SourceMap&) = delete;
  SourceMap& operator=(const SourceMap&) = delete;

  /// Where the instruction at `module_offset` of `module`, which is always the same one, comes
  /// from: first the innermost function that was inlined there, last the function itself. Empty
  /// where it is not known: without DWARF, or with wrong DWARF. The first call reads .debug_line
  /// and the units' heads, and may take a second for hundreds of MB; each unit's functions are read
  /// when one of them is met. Time and memory are bounded by the sections' sizes.
  std::vector<Location> find(const syntax::Module& module, uint64_t module_offset) const;

 private:
  mutable std::mutex mutex_;
  mutable std::unique_ptr<LineIndex> index_;
};

}  // namespace waxwing::dwarf
