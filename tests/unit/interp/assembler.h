// Modules from hand-assembled bytes, and a store to run them in.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "binary/module_decoder.h"
#include "interp/interpreter.h"
#include "runtime/instance.h"
#include "validate/module_validator.h"

namespace waxwing::interp {

using runtime::Outcome;
using runtime::Slot;
using Bytes = std::vector<uint8_t>;

inline constexpr uint8_t i32 = 0x7f, i64 = 0x7e, f32 = 0x7d, f64 = 0x7c, v128 = 0x7b,
                         funcref = 0x70, externref = 0x6f, exnref = 0x69, no_result = 0x40;

/// An unsigned LEB128 number.
inline Bytes u(uint64_t value) {
  Bytes bytes;
  for (; value >= 0x80; value >>= 7) bytes.push_back(uint8_t(value | 0x80));
  bytes.push_back(uint8_t(value));
  return bytes;
}

/// A signed LEB128 number.
inline Bytes s(int64_t value) {
  Bytes bytes;
  for (; value < -64 || value > 63; value >>= 7) bytes.push_back(uint8_t(value | 0x80));
  bytes.push_back(uint8_t(value & 0x7f));
  return bytes;
}

inline void put(Bytes& to, int byte) { to.push_back(uint8_t(byte)); }
inline void put(Bytes& to, const Bytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

/// Single bytes and pieces of code in a row.
template <typename... Parts>
Bytes code(const Parts&... parts) {
  Bytes bytes;
  (put(bytes, parts), ...);
  return bytes;
}

inline Bytes get(uint32_t local) { return code(0x20, u(local)); }
inline Bytes set(uint32_t local) { return code(0x21, u(local)); }
inline Bytes tee(uint32_t local) { return code(0x22, u(local)); }
inline Bytes i32_const(int32_t value) { return code(0x41, s(value)); }
inline Bytes i64_const(int64_t value) { return code(0x42, s(value)); }

inline Bytes vec(const std::vector<Bytes>& items) {
  Bytes bytes = u(items.size());
  for (const Bytes& item : items) put(bytes, item);
  return bytes;
}

/// The sections of a module. Items are bytes as the section has them.
struct ModuleAssembler {
  std::vector<Bytes> types, imports, funcs, tables, memories, tags, elems, bodies;

  uint32_t type(const Bytes& params, const Bytes& results) {
    types.push_back(code(0x60, u(params.size()), params, u(results.size()), results));
    return uint32_t(types.size() - 1);
  }
  /// REQUIRES: no function is defined yet.
  uint32_t import_func(uint32_t type_index) {
    imports.push_back(code(0, 0, 0, u(type_index)));
    return imported_funcs++;
  }
  /// `locals` are runs of (count, type). The body's `end` is added.
  uint32_t func(uint32_t type_index, const std::vector<Bytes>& locals, const Bytes& body) {
    funcs.push_back(u(type_index));
    const Bytes content = code(vec(locals), body, 0x0b);
    bodies.push_back(code(u(content.size()), content));
    return uint32_t(imported_funcs + funcs.size() - 1);
  }
  uint32_t func(const Bytes& params, const Bytes& results, const std::vector<Bytes>& locals,
                const Bytes& body) {
    return func(type(params, results), locals, body);
  }
  Bytes build() const {
    Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
    const auto section = [&bytes](int id, const std::vector<Bytes>& items) {
      if (items.empty()) return;
      const Bytes content = vec(items);
      bytes = code(bytes, id, u(content.size()), content);
    };
    section(1, types);
    section(2, imports);
    section(3, funcs);
    section(4, tables);
    section(5, memories);
    section(13, tags);
    section(9, elems);
    section(10, bodies);
    return bytes;
  }

  uint32_t imported_funcs = 0;
};

/// What a call came to.
struct CallResult {
  Outcome outcome = Outcome::returned;
  std::vector<Slot> slots;
  runtime::Trap trap;
};

class InterpTest : public testing::Test {
 public:
  explicit InterpTest(const runtime::StoreLimits& limits = {})
      : types(std::make_shared<runtime::TypeRegistry>()),
        store(runtime::Store::create(types, limits).value()) {}

  runtime::Instance& add(const ModuleAssembler& module,
                         const std::vector<runtime::Extern>& imports = {}) {
    return add_to(*store, module, imports);
  }
  runtime::Instance& add_to(runtime::Store& to, const ModuleAssembler& module,
                            const std::vector<runtime::Extern>& imports) {
    auto decoded =
        binary::decode(std::make_shared<const Bytes>(module.build()), syntax::FeatureSet::all());
    if (!decoded) ADD_FAILURE() << decoded.error().message();
    const auto valid = validate::validate(*decoded, syntax::FeatureSet::all());
    if (!valid) ADD_FAILURE() << valid.error().message();
    auto compiled = std::make_shared<runtime::CompiledModule>(*std::move(decoded), types);
    compiled->code = std::move(*load(*compiled));
    return **runtime::instantiate(to, compiled, imports, "m");
  }
  /// `slots` are arguments by the array ABI.
  CallResult call(runtime::Instance& instance, uint32_t func, std::vector<Slot> slots = {}) {
    CallResult result;
    slots.resize(slots.size() + 2000);
    result.outcome = store->call(instance.func(syntax::FuncIdx(func)), slots.data());
    result.slots = std::move(slots);
    if (result.outcome != Outcome::returned) result.trap = store->take_failure(result.outcome);
    return result;
  }
  /// The first result slot; a trap is a failed test.
  Slot value(runtime::Instance& instance, uint32_t func, std::vector<Slot> slots = {}) {
    const CallResult result = call(instance, func, std::move(slots));
    EXPECT_EQ(result.outcome, Outcome::returned) << result.trap.message();
    return result.slots[0];
  }
  syntax::TrapCode trap_of(runtime::Instance& instance, uint32_t func,
                           std::vector<Slot> slots = {}) {
    return call(instance, func, std::move(slots)).trap.code;
  }

  std::shared_ptr<runtime::TypeRegistry> types;
  std::unique_ptr<runtime::Store> store;
};

}  // namespace waxwing::interp
