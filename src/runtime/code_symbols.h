// Names of the parts of machine code, for profilers, debuggers and dumps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "abi/code_image.h"
#include "syntax/module.h"

namespace waxwing::runtime {

struct CodeSymbol {
  std::string name;
  uint32_t begin = 0;  // in the text
  uint32_t end = 0;
};

/// "builtin memory_grow", "trap integer_overflow", "enter type 3": the stubs of `image` by rising
/// place. Types are by TypeIdx, the first of those that share a stub.
std::vector<CodeSymbol> stub_symbols(const abi::CodeTables& tables);

/// "wasm[MODULE]::FUNC", as below.
std::string func_symbol(const syntax::Module& module, std::string_view name, syntax::FuncIdx func);

/// Those, and "wasm[MODULE]::FUNC" for each function: the names of the name section, escaped and
/// cut where they are no printable text, or "func N". MODULE is `name` where the section has none.
/// Time is n log n.
std::vector<CodeSymbol> code_symbols(const abi::CodeTables& tables, const syntax::Module& module,
                                     std::string_view name);

}  // namespace waxwing::runtime
