// Modules made by hand, with code that is a C++ function.
#pragma once

#include <functional>
#include <gtest/gtest.h>

#include "runtime/instance.h"
#include "runtime/store.h"
#include "syntax/type_canonicalizer.h"

namespace waxwing::runtime {

class FakeCode : public ModuleCode {
 public:
  using Body = std::function<Outcome(Instance&, syntax::FuncIdx, Slot*)>;
  explicit FakeCode(Body body) : body_(std::move(body)) {}
  Outcome call(Instance& instance, syntax::FuncIdx func, Slot* slots) const override {
    return body_(instance, func, slots);
  }

 private:
  Body body_;
};

/// Builds the abstract syntax of a module. Imports come before definitions of the same kind.
class ModuleBuilder {
 public:
  syntax::Module module;

  syntax::TypeIdx type(syntax::SubType type) { return group({std::move(type)}); }
  syntax::TypeIdx func_type(std::vector<syntax::ValType> params,
                            std::vector<syntax::ValType> results = {}) {
    return type({.is_final = true,
                 .super = {},
                 .composite = syntax::FuncType{std::move(params), std::move(results)}});
  }
  syntax::TypeIdx group(std::vector<syntax::SubType> types) {
    const syntax::TypeIdx first(module.types.size());
    const syntax::TypeIdx canonical = canonicalizer_.intern(types, first);
    module.rec_groups.push_back({first, uint32_t(types.size())});
    for (uint32_t i = 0; i < types.size(); ++i) {
      module.types.push_back(types[i]);
      module.canonical_types.push_back(syntax::TypeIdx(canonical.value + i));
    }
    return first;
  }

  template <typename Type>
  void import(std::string_view from, std::string_view name, Type type) {
    syntax::Import import{.module = from, .name = name, .type = type};
    if constexpr (std::is_same_v<Type, syntax::TypeIdx>) {
      module.funcs.push_back(type);
      ++module.imported_funcs;
    } else if constexpr (std::is_same_v<Type, syntax::TableType>) {
      module.tables.push_back({type, {}});
      ++module.imported_tables;
    } else if constexpr (std::is_same_v<Type, syntax::MemoryType>) {
      module.memories.push_back(type);
      ++module.imported_memories;
    } else if constexpr (std::is_same_v<Type, syntax::GlobalType>) {
      module.globals.push_back({type, {}});
      ++module.imported_globals;
    } else {
      module.tags.push_back(type);
      ++module.imported_tags;
    }
    module.imports.push_back(std::move(import));
  }
  syntax::FuncIdx func(syntax::TypeIdx type) {
    module.bodies.push_back({});
    return module.funcs.push_back(type);
  }
  void export_as(std::string_view name, syntax::ExternKind kind, uint32_t index) {
    module.exports.push_back({name, kind, index});
  }
  syntax::ConstExpr expr(std::vector<syntax::ConstInstr> instrs) {
    const syntax::ConstExpr expr{uint32_t(module.const_instrs.size()), uint32_t(instrs.size())};
    for (syntax::ConstInstr& instr : instrs) module.const_instrs.push_back(instr);
    return expr;
  }
  void active_data(uint32_t offset, std::string_view text);
  void active_elem(uint32_t offset, std::vector<syntax::FuncIdx> funcs);

  std::shared_ptr<const CompiledModule> compile(std::shared_ptr<TypeRegistry> types,
                                                FakeCode::Body body = {}) {
    auto compiled = std::make_shared<CompiledModule>(module, std::move(types));
    compiled->code = std::make_unique<FakeCode>(std::move(body));
    return compiled;
  }

 private:
  syntax::TypeCanonicalizer canonicalizer_;
};

inline syntax::ConstInstr instr(syntax::Op op, uint32_t index = 0, base::V128 value = {}) {
  syntax::ConstInstr instr{};
  instr.op = op;
  instr.index = index;
  instr.value = value;
  return instr;
}
inline syntax::ConstInstr i32_const(uint32_t value) {
  return instr(syntax::Op::i32_const, 0, base::V128::from_lanes(std::array<uint32_t, 4>{value}));
}
inline syntax::ConstInstr i64_const(uint64_t value) {
  return instr(syntax::Op::i64_const, 0, base::V128::from_lanes(std::array<uint64_t, 2>{value}));
}

inline void ModuleBuilder::active_data(uint32_t offset, std::string_view text) {
  module.datas.push_back(
      {.memory = {}, .offset = expr({i32_const(offset)}), .bytes = base::as_bytes(text)});
}
inline void ModuleBuilder::active_elem(uint32_t offset, std::vector<syntax::FuncIdx> funcs) {
  module.elems.push_back(
      {.table = {}, .offset = expr({i32_const(offset)}), .funcs = std::move(funcs), .exprs = {}});
}

/// A store with a registry of its own.
class StoreTest : public testing::Test {
 public:
  explicit StoreTest(const StoreLimits& limits = {})
      : types(std::make_shared<TypeRegistry>()), store(Store::create(types, limits).value()) {}

  Func& host_func(HostCode code, void* data = nullptr, syntax::FuncType type = {}) {
    return **store->add_host_func(type, code, data, nullptr);
  }
  /// Instantiates; a failure is a failed test.
  Instance& instantiate_ok(ModuleBuilder& builder, std::vector<Extern> imports = {},
                           FakeCode::Body body = {}) {
    auto instance = instantiate(*store, builder.compile(types, std::move(body)), imports, "test");
    if (!instance) {
      ADD_FAILURE() << (std::holds_alternative<Trap>(instance.error())
                            ? std::get<Trap>(instance.error()).message()
                            : std::get<base::Error>(instance.error()).message());
    }
    return **instance;
  }
  InstantiateError instantiate_error(ModuleBuilder& builder, std::vector<Extern> imports = {},
                                     FakeCode::Body body = {}) {
    auto instance = instantiate(*store, builder.compile(types, std::move(body)), imports, "test");
    EXPECT_FALSE(instance.has_value());
    return instance ? InstantiateError() : instance.error();
  }

  std::shared_ptr<TypeRegistry> types;
  std::unique_ptr<Store> store;
};

}  // namespace waxwing::runtime
