// Numbers by their bits, NaNs by their class, references by what they point to.
#include "cli/wast_values.h"

#include <algorithm>

#include "runtime/aggregate.h"

namespace waxwing::cli {
namespace {

using runtime::Ref;
using runtime::Value;
using syntax::AbstractHeap;
using syntax::TrapCode;
using syntax::ValType;
using text::LaneShape;
using text::NanPattern;
using text::NumPattern;
using text::RefKind;
using text::RefPattern;
using text::ResultPattern;
using text::ValuePattern;

/// A lane of `size_bytes` out of 16 bytes, zero-extended.
uint64_t lane_bits(const base::V128& vector, size_t lane, uint32_t size_bytes) {
  uint64_t bits = 0;
  std::memcpy(&bits, vector.bytes.data() + lane * size_bytes, size_bytes);
  return bits;
}

/// Whether a float of 4 or 8 bytes is a NaN of the class. [spec 2.2.3]
bool is_nan_like(NanPattern pattern, uint64_t bits, uint32_t size_bytes) {
  const uint64_t sign = uint64_t(1) << (size_bytes * 8 - 1);
  const uint64_t canonical = size_bytes == 4 ? 0x7fc0'0000 : 0x7ff8'0000'0000'0000;
  if (pattern == NanPattern::canonical) return (bits & ~sign) == canonical;
  return (bits & canonical) == canonical;
}

base::V128 bits_of(const Value& value) {
  base::V128 bits = {};
  std::memcpy(bits.bytes.data(), value.slots, value.type.slot_count() * sizeof(runtime::Slot));
  return bits;
}

bool matches(const NumPattern& pattern, const Value& value) {
  if (value.type != pattern.type) return false;
  const uint32_t size_bytes = lane_size_bytes(pattern.shape);
  const size_t lanes = pattern.type.is_vec() ? 16 / size_bytes : 1;
  const base::V128 found = bits_of(value);
  for (size_t lane = 0; lane < lanes; ++lane) {
    const uint64_t bits = lane_bits(found, lane, size_bytes);
    const NanPattern nan = lane < pattern.nans.size() ? pattern.nans[lane] : NanPattern::none;
    const bool fits = nan == NanPattern::none ? bits == lane_bits(pattern.bits, lane, size_bytes)
                                              : is_nan_like(nan, bits, size_bytes);
    if (!fits) return false;
  }
  return true;
}

/// The heap type that a non-null reference of `kind` has, or one above it.
AbstractHeap heap_of(RefKind kind) {
  switch (kind) {
    case RefKind::func: return AbstractHeap::func;
    case RefKind::extern_: return AbstractHeap::extern_;
    case RefKind::exn: return AbstractHeap::exn;
    case RefKind::eq: return AbstractHeap::eq;
    case RefKind::i31: return AbstractHeap::i31;
    case RefKind::struct_: return AbstractHeap::struct_;
    case RefKind::array: return AbstractHeap::array;
    case RefKind::null:
    case RefKind::any:
    case RefKind::host: break;
  }
  return AbstractHeap::any;
}

/// The lowest type of the hierarchy that `heap` belongs to.
AbstractHeap bottom_of(AbstractHeap heap) {
  switch (heap) {
    case AbstractHeap::func:
    case AbstractHeap::nofunc: return AbstractHeap::nofunc;
    case AbstractHeap::extern_:
    case AbstractHeap::noextern: return AbstractHeap::noextern;
    case AbstractHeap::exn:
    case AbstractHeap::noexn: return AbstractHeap::noexn;
    case AbstractHeap::any:
    case AbstractHeap::eq:
    case AbstractHeap::i31:
    case AbstractHeap::struct_:
    case AbstractHeap::array:
    case AbstractHeap::none:
    case AbstractHeap::bottom: break;
  }
  return AbstractHeap::none;
}

bool matches(runtime::Store& store, const RefPattern& pattern, const Value& value) {
  if (!value.type.is_ref()) return false;
  const runtime::TypeRegistry& types = store.types();
  const Ref ref = Ref::from_bits(value.slots[0]);
  if (pattern.kind == RefKind::null) {
    if (!ref.is_null() || !pattern.heap) return ref.is_null();
    return types.is_subtype(ValType::ref(true, bottom_of(pattern.heap->abstract())), value.type);
  }
  if (ref.is_null()) return false;
  if (pattern.payload) return ref.is_host() && ref.host() == *pattern.payload;
  if (pattern.kind == RefKind::any) return true;
  return types.is_subtype(runtime::dynamic_type(store.heap(), types, value.type, ref),
                          ValType::ref(false, heap_of(pattern.kind)));
}

bool matches(runtime::Store& store, const ResultPattern& expected, const Value& value) {
  return std::ranges::any_of(expected.alternatives, [&](const ValuePattern& pattern) {
    if (const auto* number = std::get_if<NumPattern>(&pattern)) return matches(*number, value);
    return matches(store, std::get<RefPattern>(pattern), value);
  });
}

ValType lane_type(LaneShape shape) {
  switch (shape) {
    case LaneShape::i8x16:
    case LaneShape::i16x8:
    case LaneShape::i32x4: return syntax::i32_type;
    case LaneShape::i64x2: return syntax::i64_type;
    case LaneShape::f32x4: return syntax::f32_type;
    case LaneShape::f64x2: break;
  }
  return syntax::f64_type;
}

std::string lane_text(const NumPattern& pattern, size_t lane) {
  const NanPattern nan = lane < pattern.nans.size() ? pattern.nans[lane] : NanPattern::none;
  if (nan == NanPattern::canonical) return "nan:canonical";
  if (nan == NanPattern::arithmetic) return "nan:arithmetic";
  const uint64_t bits = lane_bits(pattern.bits, lane, lane_size_bytes(pattern.shape));
  return runtime::to_string(Value{lane_type(pattern.shape), {bits, 0}});
}

std::string to_string(const NumPattern& pattern) {
  if (!pattern.type.is_vec()) {
    return "(" + syntax::to_string(pattern.type) + ".const " + lane_text(pattern, 0) + ")";
  }
  constexpr std::string_view shapes[] = {"i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2"};
  std::string text = "(v128.const " + std::string(shapes[size_t(pattern.shape)]);
  for (size_t lane = 0; lane < 16 / lane_size_bytes(pattern.shape); ++lane) {
    text += " " + lane_text(pattern, lane);
  }
  return text + ")";
}

std::string to_string(const RefPattern& pattern) {
  constexpr std::string_view words[] = {"ref.null",   "ref",       "ref.eq",   "ref.i31",
                                        "ref.struct", "ref.array", "ref.func", "ref.exn",
                                        "ref.extern", "ref.host"};
  std::string text = "(" + std::string(words[size_t(pattern.kind)]);
  if (pattern.heap) text += " " + syntax::to_string(*pattern.heap);
  if (pattern.payload) text += " " + std::to_string(*pattern.payload);
  return text + ")";
}

std::string to_string(const ValuePattern& pattern) {
  return std::visit([](const auto& kind) { return to_string(kind); }, pattern);
}

std::string to_string(const ResultPattern& pattern) {
  if (pattern.alternatives.size() == 1) return to_string(pattern.alternatives[0]);
  std::string text = "(either";
  for (const ValuePattern& alternative : pattern.alternatives) text += " " + to_string(alternative);
  return text + ")";
}

std::string value_text(const Value& value) {
  if (value.type.is_vec()) {
    return to_string(NumPattern{value.type, LaneShape::i32x4, bits_of(value), {}});
  }
  const std::string text = runtime::to_string(value);
  if (value.type.is_num()) return "(" + syntax::to_string(value.type) + ".const " + text + ")";
  if (Ref::from_bits(value.slots[0]).is_null()) return "(ref.null)";
  return text.starts_with('(') ? text : "(" + text + ")";
}

template <typename T>
std::string list(std::span<const T> items, std::string (*text_of)(const T&)) {
  std::string text;
  for (const T& item : items) {
    if (!text.empty()) text += " ";
    text += text_of(item);
  }
  return text.empty() ? "nothing" : text;
}

Value host_value(const RefPattern& pattern) {
  const AbstractHeap heap = heap_of(pattern.kind);
  return {ValType::ref(false, heap), {Ref::from_host(pattern.payload.value_or(0)).bits(), 0}};
}

}  // namespace

Value to_value(const ValuePattern& pattern) {
  if (const auto* number = std::get_if<NumPattern>(&pattern)) {
    Value value{number->type};
    std::memcpy(value.slots, number->bits.bytes.data(), sizeof value.slots);
    return value;
  }
  const auto& ref = std::get<RefPattern>(pattern);
  if (ref.kind != RefKind::null) return host_value(ref);
  return {ValType::ref(true, ref.heap.value_or(AbstractHeap::none)), {0, 0}};
}

bool matches(runtime::Store& store, std::span<const ResultPattern> expected,
             std::span<const Value> values) {
  return std::ranges::equal(expected, values,
                            [&](const ResultPattern& pattern, const Value& value) {
                              return matches(store, pattern, value);
                            });
}

std::string to_string(std::span<const ResultPattern> patterns) { return list(patterns, to_string); }
std::string to_string(std::span<const Value> values) { return list(values, value_text); }

TrapCode trap_called(std::string_view text) {
  TrapCode found = TrapCode::none;
  size_t longest = 0;
  for (size_t i = 1; i < std::size(syntax::trap_texts); ++i) {
    const std::string_view name = syntax::trap_texts[i];
    if (name.size() <= longest || !text.starts_with(name)) continue;
    longest = name.size();
    found = TrapCode(i);
  }
  return found;
}

}  // namespace waxwing::cli
