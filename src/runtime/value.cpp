// Calls with checked arguments and typed results.
#include "runtime/value.h"

#include <algorithm>

#include "runtime/aggregate.h"

namespace waxwing::runtime {

using base::ErrorCode;
using syntax::ValType;

bool has_type(Store& store, const Value& value, ValType type) {
  if (!value.type.is_ref() || !type.is_ref()) return value.type == type;
  const TypeRegistry& types = store.types();
  return types.is_subtype(
      dynamic_type(store.heap(), types, value.type, Ref::from_bits(value.slots[0])), type);
}

namespace {

uint32_t slot_count(const std::vector<ValType>& types) {
  uint32_t count = 0;
  for (ValType type : types) count += type.slot_count();
  return count;
}

base::Result<> check_args(Store& store, const syntax::FuncType& type, std::span<const Value> args) {
  const size_t count = type.params.size();
  if (args.size() != count) {
    return base::fail(ErrorCode::wrong_type, "the function takes " + std::to_string(count) +
                                                 (count == 1 ? " argument" : " arguments") + ", " +
                                                 std::to_string(args.size()) +
                                                 " are given: " + syntax::to_string(type.params));
  }
  for (size_t i = 0; i < count; ++i) {
    if (has_type(store, args[i], type.params[i])) continue;
    const bool is_null = args[i].type.is_ref() && Ref::from_bits(args[i].slots[0]).is_null();
    return base::fail(ErrorCode::wrong_type,
                      "argument " + std::to_string(i + 1) + ": expected " +
                          syntax::to_string(type.params[i]) + ", found " +
                          (is_null ? "null" : syntax::to_string(args[i].type)));
  }
  return {};
}

}  // namespace

std::expected<std::vector<Value>, std::variant<base::Error, Trap>> call(
    Store& store, Func& func, std::span<const Value> args) {
  using Failure = std::variant<base::Error, Trap>;
  const syntax::FuncType& type = store.types().func_type(func.type_id());
  if (auto checked = check_args(store, type, args); !checked) {
    return std::unexpected(Failure(std::move(checked).error()));
  }
  Roots roots(store.heap());
  std::vector<Slot>& slots = roots.slots;
  slots.resize(std::max({slot_count(type.params), slot_count(type.results), 1u}));
  Slot* next = slots.data();
  for (const Value& arg : args) next = std::copy_n(arg.slots, arg.type.slot_count(), next);
  // Upper halves may hold anything in a host's value, never in a slot.
  next = slots.data();
  for (ValType param : type.params) {
    if (param == syntax::i32_type || param == syntax::f32_type) *next = uint32_t(*next);
    next += param.slot_count();
  }

  const Outcome outcome = store.call(func, slots.data());
  if (outcome != Outcome::returned) return std::unexpected(Failure(store.take_failure(outcome)));
  std::vector<Value> results;
  results.reserve(type.results.size());
  const Slot* from = slots.data();
  for (ValType result : type.results) {
    Value& value = results.emplace_back(Value{.type = result});
    std::copy_n(from, result.slot_count(), value.slots);
    from += result.slot_count();
  }
  return results;
}

}  // namespace waxwing::runtime
