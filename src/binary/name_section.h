// Decodes the "name" custom section. [spec 7.4.1]
#pragma once

#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/stop_flag.h"
#include "syntax/module.h"

namespace waxwing::binary {

/// The subsections, by their numbers. `local`, `label` and `field` are indirect: their names belong
/// to an index within a function or a type.
enum class NameKind : uint8_t {
  module,
  func,
  local,
  label,
  type,
  table,
  memory,
  global,
  elem,
  data,
  field,
  tag,
};
inline constexpr size_t name_kind_count = 12;

struct IndexedName {
  uint32_t outer = 0;  // function or type of an indirect name, else 0
  uint32_t index = 0;
  std::string_view name;
};

/// All that a name section says, by kind. Names of one kind rise by (outer, index); outer indices
/// exist, inner ones need not.
struct NameSection {
  std::optional<std::string_view> module;
  std::array<std::vector<IndexedName>, name_kind_count> names;

  const std::vector<IndexedName>& of(NameKind kind) const { return names[size_t(kind)]; }
};

/// Reads the contents of a "name" section of `module`. What is malformed is left out, as below.
/// Linear time.
NameSection read_name_section(base::ByteSpan contents, const syntax::Module& module);

/// Fills `module.names` from the contents of a "name" section. What is malformed there is left out:
/// the rest of its subsection if its structure is broken, one name if it is not UTF-8, not of a
/// function of `module`, or out of order. Ends where `stop` says so. REQUIRES: all functions of
/// `module` are known. Linear time.
void decode_name_section(base::ByteSpan contents, syntax::Module& module,
                         const base::StopFlag* stop = nullptr);

}  // namespace waxwing::binary
