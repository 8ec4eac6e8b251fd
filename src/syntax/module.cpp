// Lookups in a decoded module.
#include "syntax/module.h"

#include <algorithm>

namespace waxwing::syntax {

std::string_view Module::func_name(FuncIdx func) const {
  const auto found = std::ranges::lower_bound(names.funcs, func, {}, &FuncName::func);
  return found != names.funcs.end() && found->func == func ? names.of(*found) : std::string_view();
}

}  // namespace waxwing::syntax
