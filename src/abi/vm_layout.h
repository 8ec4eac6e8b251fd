// Where the arrays behind a VmContext's header lie: they follow from the module alone.
#pragma once

#include <cstdint>

#include "abi/vm_context.h"
#include "syntax/module.h"

namespace waxwing::abi {

/// Offsets in bytes from the VmContext. The whole is bounded by the limits of syntax/limits.h:
/// below 2^31.
class VmLayout {
 public:
  explicit VmLayout(const syntax::Module& module)
      : imported_globals_count_(module.imported_globals),
        defined_funcs_(static_cast<uint32_t>(module.bodies.size())) {
    uint64_t end = sizeof(VmContext);
    const auto take = [&end](uint64_t count, uint64_t size_bytes) {
      const uint64_t begin = (end + size_bytes - 1) / size_bytes * size_bytes;
      end = begin + count * size_bytes;
      return static_cast<uint32_t>(begin);
    };
    // What code reads most comes first, so that its distances are short.
    memories_ = take(module.memories.size(), 8);
    tables_ = take(module.tables.size(), 8);
    globals_ = take(module.globals.size() - module.imported_globals, global_cell_bytes);
    imported_globals_ = take(module.imported_globals, 8);
    imported_funcs_ = take(module.imported_funcs, 8);
    type_ids_ = take(module.types.size(), 4);
    size_bytes_ = static_cast<uint32_t>((end + 15) / 16 * 16);
  }

  /// MemoryRecord*
  uint32_t memory(syntax::MemIdx index) const { return memories_ + index.value * 8; }
  /// TableRecord*
  uint32_t table(syntax::TableIdx index) const { return tables_ + index.value * 8; }
  /// The cell of a defined global, 16 bytes, aligned so. REQUIRES: it is not imported.
  uint32_t global(syntax::GlobalIdx index) const {
    return globals_ + (index.value - imported_globals_count_) * global_cell_bytes;
  }
  /// The address of an imported global's cell.
  uint32_t imported_global(syntax::GlobalIdx index) const {
    return imported_globals_ + index.value * 8;
  }
  /// FuncRecord*
  uint32_t imported_func(syntax::FuncIdx index) const { return imported_funcs_ + index.value * 8; }
  /// uint32_t: the engine-wide id
  uint32_t type_id(syntax::TypeIdx index) const { return type_ids_ + index.value * 4; }

  uint32_t size_bytes() const { return size_bytes_; }

  /// FuncCounters of a function, counted from the first defined one: behind all else, and only in
  /// contexts for code that counts.
  uint32_t counters(uint32_t defined) const {
    return size_bytes_ + defined * static_cast<uint32_t>(sizeof(FuncCounters));
  }
  uint32_t size_bytes_with_counters() const { return counters(defined_funcs_); }

  static constexpr uint32_t global_cell_bytes = 16;

 private:
  uint32_t imported_globals_count_;
  uint32_t defined_funcs_;
  uint32_t memories_ = 0;
  uint32_t tables_ = 0;
  uint32_t globals_ = 0;
  uint32_t imported_globals_ = 0;
  uint32_t imported_funcs_ = 0;
  uint32_t type_ids_ = 0;
  uint32_t size_bytes_ = 0;
};

}  // namespace waxwing::abi
