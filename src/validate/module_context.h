// What function bodies and constant expressions are checked against.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/stop_flag.h"
#include "syntax/module.h"

namespace waxwing::validate {

/// Shared by all threads that validate functions of one module. `module` must outlive it.
struct ModuleContext {
  const syntax::Module* module = nullptr;
  syntax::FeatureSet features;
  std::vector<bool> declared_funcs;  // those that ref.func may name [spec 3.4.1, C.refs]
  const base::StopFlag* stop = nullptr;
};

}  // namespace waxwing::validate
