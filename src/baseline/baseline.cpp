// All functions of a module, and the image that they become.
#include "baseline/baseline.h"

#include <vector>

#include "baseline/func_compiler.h"
#include "codegen/linker.h"
#include "codegen/x64/stubs.h"

namespace waxwing::baseline {

base::Result<abi::CodeImage> compile(const syntax::Module& module, const Options& options) {
  std::vector<codegen::CodeObject> objects(module.bodies.size());
  FuncCompiler compiler(module, options);
  for (size_t i = 0; i < objects.size(); ++i) {
    TRY(compiler.compile(syntax::FuncIdx(module.imported_funcs + i), objects[i]));
  }
  codegen::x64::Stubs stubs(options.features);
  return codegen::link(module, std::move(objects), stubs);
}

}  // namespace waxwing::baseline
