// The words for an import that nobody provides: what is near, and how to mend it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/compiled_module.h"

namespace waxwing::runtime {

/// What the message can draw on.
struct MissingImport {
  std::string_view module;
  std::string_view name;
  std::string type_text;                      // "(func (param i32))"
  std::span<const std::string_view> defined;  // the names that the module name has
  size_t others_missing = 0;                  // imports that are missing as well
};

/// One or more sentences, for `Error::detail`. Bounded in length whatever the names are.
std::string describe(const MissingImport& missing);

}  // namespace waxwing::runtime
