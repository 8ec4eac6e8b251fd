// See cache_events.h.
#include "engine/cache_events.h"

namespace waxwing::engine {

std::string_view miss_reason_name(MissReason reason) {
  static constexpr std::string_view names[] = {
#define MISS_REASON(ID, TEXT) #ID,
#include "engine/miss_reasons.def"
  };
  std::string_view name = names[static_cast<size_t>(reason)];
  while (name.ends_with('_')) name.remove_suffix(1);
  return name;
}

std::string_view miss_reason_text(MissReason reason) {
  static constexpr std::string_view texts[] = {
#define MISS_REASON(ID, TEXT) TEXT,
#include "engine/miss_reasons.def"
  };
  return texts[static_cast<size_t>(reason)];
}

uint64_t CacheStats::saved_ns() const {
  if (bytes_compiled == 0) return 0;
  const double ns_per_byte = static_cast<double>(compile_ns) / static_cast<double>(bytes_compiled);
  const double would_have = ns_per_byte * static_cast<double>(bytes_loaded);
  const double took = static_cast<double>(load_ns);
  return would_have > took ? static_cast<uint64_t>(would_have - took) : 0;
}

}  // namespace waxwing::engine
