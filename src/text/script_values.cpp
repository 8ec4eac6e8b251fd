// Constants by their keyword; references by a table of theirs.
#include "text/script_values.h"

#include <algorithm>
#include <cstring>

namespace waxwing::text {
namespace {

using base::ErrorCode;
using syntax::AbstractHeap;
using syntax::HeapType;
using syntax::ValType;

struct ScalarRow {
  std::string_view keyword;
  ValType type;
  LaneShape shape;
};

constexpr ScalarRow scalar_rows[] = {
    {"i32.const", syntax::i32_type, LaneShape::i32x4},
    {"i64.const", syntax::i64_type, LaneShape::i64x2},
    {"f32.const", syntax::f32_type, LaneShape::f32x4},
    {"f64.const", syntax::f64_type, LaneShape::f64x2},
};

struct ShapeRow {
  std::string_view keyword;
  LaneShape shape;
};

constexpr ShapeRow shape_rows[] = {
    {"i8x16", LaneShape::i8x16}, {"i16x8", LaneShape::i16x8}, {"i32x4", LaneShape::i32x4},
    {"i64x2", LaneShape::i64x2}, {"f32x4", LaneShape::f32x4}, {"f64x2", LaneShape::f64x2},
};

enum class Payload : uint8_t { none, may, heap };  // what may follow a reference's keyword

struct RefRow {
  std::string_view keyword;
  RefKind kind;
  Payload payload;
};

constexpr RefRow ref_rows[] = {
    {"ref.null", RefKind::null, Payload::heap},   {"ref", RefKind::any, Payload::none},
    {"ref.any", RefKind::any, Payload::none},     {"ref.eq", RefKind::eq, Payload::none},
    {"ref.i31", RefKind::i31, Payload::none},     {"ref.struct", RefKind::struct_, Payload::none},
    {"ref.array", RefKind::array, Payload::none}, {"ref.func", RefKind::func, Payload::none},
    {"ref.exn", RefKind::exn, Payload::none},     {"ref.extern", RefKind::extern_, Payload::may},
    {"ref.host", RefKind::host, Payload::may},
};

bool is_float(LaneShape shape) { return shape == LaneShape::f32x4 || shape == LaneShape::f64x2; }

void parse_lane(Cursor& cursor, NumPattern& pattern, size_t lane) {
  const uint32_t size_bytes = lane_size_bytes(pattern.shape);
  uint64_t bits = 0;
  if (!is_float(pattern.shape)) {
    bits = cursor.integer(size_bytes * 8);
  } else if (cursor.take_keyword("nan:canonical")) {
    pattern.nans[lane] = NanPattern::canonical;
  } else if (cursor.take_keyword("nan:arithmetic")) {
    pattern.nans[lane] = NanPattern::arithmetic;
  } else {
    bits = size_bytes == 4 ? cursor.f32_bits() : cursor.f64_bits();
  }
  std::memcpy(pattern.bits.bytes.data() + lane * size_bytes, &bits, size_bytes);
}

NumPattern parse_vector(Cursor& cursor) {
  NumPattern pattern{.type = syntax::v128_type};
  for (const ShapeRow& row : shape_rows) {
    if (!cursor.take_keyword(row.keyword)) continue;
    pattern.shape = row.shape;
    const size_t lanes = 16 / lane_size_bytes(row.shape);
    for (size_t lane = 0; lane < lanes && cursor.ok(); ++lane) parse_lane(cursor, pattern, lane);
    return pattern;
  }
  cursor.unexpected("a shape (i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2)");
  return pattern;
}

/// The abstract heap type that comes next. A type's index or id is read and forgotten: outside of
/// the module it says nothing.
std::optional<HeapType> parse_heap_type(Cursor& cursor) {
  if (cursor.take(TokenKind::id) || cursor.take(TokenKind::number)) return std::nullopt;
  for (auto heap = size_t(AbstractHeap::func); heap < size_t(AbstractHeap::bottom); ++heap) {
    const HeapType type = AbstractHeap(heap);
    if (cursor.take_keyword(syntax::to_string(type))) return type;
  }
  cursor.unexpected("a heap type");
  return std::nullopt;
}

RefPattern parse_ref(Cursor& cursor, const RefRow& row) {
  RefPattern pattern{.kind = row.kind, .heap = {}, .payload = {}};
  if (cursor.at(TokenKind::close)) return pattern;
  switch (row.payload) {
    case Payload::none: break;
    case Payload::may: pattern.payload = cursor.u32(); break;
    case Payload::heap: pattern.heap = parse_heap_type(cursor); break;
  }
  return pattern;
}

/// A value behind its "(".
ValuePattern parse_value(Cursor& cursor) {
  if (cursor.take_keyword("v128.const")) return parse_vector(cursor);
  for (const ScalarRow& row : scalar_rows) {
    if (!cursor.take_keyword(row.keyword)) continue;
    NumPattern pattern{.type = row.type, .shape = row.shape};
    parse_lane(cursor, pattern, 0);
    return pattern;
  }
  for (const RefRow& row : ref_rows) {
    if (cursor.take_keyword(row.keyword)) return parse_ref(cursor, row);
  }
  cursor.unexpected("a constant, such as i32.const or ref.null");
  return {};
}

bool is_exact(const ValuePattern& pattern) {
  if (const auto* number = std::get_if<NumPattern>(&pattern)) {
    return std::ranges::count(number->nans, NanPattern::none) == std::ssize(number->nans);
  }
  const auto& ref = std::get<RefPattern>(pattern);
  return ref.kind == RefKind::null || ref.payload.has_value();
}

ValuePattern parse_parenthesized(Cursor& cursor) {
  if (!cursor.take(TokenKind::open)) {
    cursor.unexpected("a value, such as (i32.const 1)");
    return {};
  }
  ValuePattern pattern = parse_value(cursor);
  cursor.expect_close();
  return pattern;
}

}  // namespace

ValuePattern parse_argument(Cursor& cursor) {
  const size_t offset = cursor.offset();
  ValuePattern pattern = parse_parenthesized(cursor);
  if (cursor.ok() && !is_exact(pattern)) {
    cursor.fail_at(ErrorCode::unexpected_token, offset,
                   "this stands for several values; an argument is one");
  }
  return pattern;
}

ResultPattern parse_result(Cursor& cursor) {
  ResultPattern result;
  if (!cursor.take_open("either")) {
    result.alternatives.push_back(parse_parenthesized(cursor));
    return result;
  }
  do {
    result.alternatives.push_back(parse_parenthesized(cursor));
  } while (cursor.ok() && !cursor.at(TokenKind::close));
  cursor.expect_close();
  return result;
}

}  // namespace waxwing::text
