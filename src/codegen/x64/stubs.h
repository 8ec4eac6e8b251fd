// The stubs of x86-64: how C++ enters Wasm code, how Wasm code calls C++, traps, leaves, and calls
// functions of other instances.
#pragma once

#include "codegen/stubs.h"
#include "codegen/x64/cpu_features.h"

namespace waxwing::codegen::x64 {

class Stubs : public StubWriter {
 public:
  explicit Stubs(const CpuFeatures& features) : features_(features) {}

  base::Result<StubCode> write(const syntax::Module& module, const StubRequest& request) override;

 private:
  CpuFeatures features_;
};

}  // namespace waxwing::codegen::x64
