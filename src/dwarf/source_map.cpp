// The index of a module is made once, by whoever asks first.
#include "dwarf/source_map.h"

#include "dwarf/line_index.h"

namespace waxwing::dwarf {

SourceMap::SourceMap() = default;
SourceMap::~SourceMap() = default;

std::vector<Location> SourceMap::find(const syntax::Module& module, uint64_t module_offset) const {
  const uint64_t address = module_offset - module.code_offset;
  if (module_offset < module.code_offset || address > UINT32_MAX) return {};
  const std::lock_guard lock(mutex_);
  if (!index_) index_ = std::make_unique<LineIndex>(Sections::of(module));
  return index_->find(static_cast<uint32_t>(address));
}

}  // namespace waxwing::dwarf
