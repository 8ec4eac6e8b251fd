// Finds custom sections by their names.
#include "dwarf/sections.h"

#include <utility>

namespace waxwing::dwarf {

Sections Sections::of(const syntax::Module& module) {
  Sections found;
  const std::pair<std::string_view, base::ByteSpan*> rows[] = {
      {"abbrev", &found.abbrev},
      {"addr", &found.addr},
      {"info", &found.info},
      {"line", &found.line},
      {"line_str", &found.line_str},
      {"ranges", &found.ranges},
      {"rnglists", &found.rnglists},
      {"str", &found.str},
      {"str_offsets", &found.str_offsets},
  };
  constexpr std::string_view prefix = ".debug_";
  for (const syntax::CustomSection& section : module.customs) {
    if (!section.name.starts_with(prefix)) continue;
    for (const auto& [name, bytes] : rows) {
      if (section.name.substr(prefix.size()) == name && bytes->empty()) *bytes = section.bytes;
    }
  }
  return found;
}

}  // namespace waxwing::dwarf
