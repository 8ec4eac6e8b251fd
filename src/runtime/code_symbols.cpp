// See code_symbols.h.
#include "runtime/code_symbols.h"

#include <algorithm>
#include <utility>

#include "abi/builtins.h"
#include "runtime/text.h"
#include "syntax/trap.h"

namespace waxwing::runtime {
namespace {

using abi::CodeStubs;

std::string builtin_name(size_t index) {
  return "builtin " + std::string(abi::builtin_table[index].name);
}

std::string trap_name(size_t index) {
  std::string name = "trap " + std::string(syntax::trap_texts[index]);
  std::replace(name.begin() + 5, name.end(), ' ', '_');
  return name;
}

/// Puts the index where the end will be.
template <typename Name>
void add(std::vector<CodeSymbol>& symbols, std::span<const uint32_t> places, Name name) {
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i] == CodeStubs::none) continue;
    symbols.push_back({.name = name(i), .begin = places[i], .end = static_cast<uint32_t>(i)});
  }
}

std::string module_part(const syntax::Module& module, std::string_view name) {
  return "wasm[" + printable(module.names.module.empty() ? name : module.names.module) + "]::";
}

}  // namespace

std::vector<CodeSymbol> stub_symbols(const abi::CodeTables& tables) {
  const auto& stubs = tables.stubs;
  std::vector<CodeSymbol> symbols;
  const auto by_type = [](const char* what) {
    return [what](size_t type) { return what + (" type " + std::to_string(type)); };
  };
  const auto one = [](const uint32_t& place) { return std::span(&place, 1); };
  add(symbols, stubs.enter, by_type("enter"));
  add(symbols, one(stubs.enter_direct), [](size_t) { return std::string("enter_direct"); });
  add(symbols, one(stubs.leave), [](size_t) { return std::string("leave"); });
  add(symbols, one(stubs.restore), [](size_t) { return std::string("restore"); });
  add(symbols, one(stubs.fault), [](size_t) { return std::string("fault"); });
  add(symbols, stubs.foreign, by_type("foreign"));
  add(symbols, stubs.tail_foreign, by_type("tail_foreign"));
  add(symbols, stubs.check_type, by_type("check_type"));
  add(symbols, stubs.traps, trap_name);
  add(symbols, stubs.builtins, builtin_name);
  std::ranges::sort(symbols, {},
                    [](const CodeSymbol& symbol) { return std::pair(symbol.begin, symbol.end); });
  const auto [first, last] = std::ranges::unique(symbols, {}, &CodeSymbol::begin);
  symbols.erase(first, last);
  uint32_t stubs_end = tables.funcs.empty() ? UINT32_MAX : tables.funcs.front().begin;
  if (tables.stubs.func_entries != CodeStubs::none) stubs_end = tables.stubs.func_entries;
  for (size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].end = i + 1 < symbols.size() ? symbols[i + 1].begin : stubs_end;
  }
  return symbols;
}

std::string func_symbol(const syntax::Module& module, std::string_view name, syntax::FuncIdx func) {
  const std::string_view known = module.func_name(func);
  return module_part(module, name) +
         (known.empty() ? "func " + std::to_string(func.value) : printable(known));
}

std::vector<CodeSymbol> code_symbols(const abi::CodeTables& tables, const syntax::Module& module,
                                     std::string_view name) {
  std::vector<CodeSymbol> symbols = stub_symbols(tables);
  const std::string prefix = module_part(module, name);
  for (CodeSymbol& stub : symbols) stub.name.insert(0, prefix);
  symbols.reserve(symbols.size() + tables.funcs.size());
  for (size_t i = 0; i < tables.funcs.size(); ++i) {
    const syntax::FuncIdx func(static_cast<uint32_t>(module.imported_funcs + i));
    symbols.push_back({.name = func_symbol(module, name, func),
                       .begin = tables.funcs[i].begin,
                       .end = tables.funcs[i].end});
  }
  return symbols;
}

}  // namespace waxwing::runtime
