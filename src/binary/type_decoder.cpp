// Types within a group are read with their raw indices, then the whole group is looked up among the
// earlier ones.
#include "binary/type_decoder.h"

#include "binary/limit.h"
#include "syntax/limits.h"

namespace waxwing::binary {

using base::ErrorCode;
using syntax::Feature;
using syntax::SubType;
using syntax::TypeIdx;
using syntax::ValType;

namespace {

constexpr uint8_t rec_code = 0x4e;
constexpr uint8_t sub_final_code = 0x4f;
constexpr uint8_t sub_code = 0x50;
constexpr uint8_t array_code = 0x5e;
constexpr uint8_t struct_code = 0x5f;
constexpr uint8_t func_code = 0x60;

}  // namespace

bool TypeDecoder::has_room(uint64_t count, uint64_t offset) {
  return within_limit(reader_, module_.types.size() + count, syntax::max_types, "types", offset);
}

void TypeDecoder::decode_group() {
  const uint64_t offset = reader_.position();
  const TypeIdx first(module_.types.size());
  uint32_t count = 1;
  if (reader_.peek() == rec_code) {
    reader_.u8();
    type_reader_.need(Feature::gc, "a recursive type group", offset);
    count = reader_.count();
    if (!within_limit(reader_, count, syntax::max_rec_group_size, "types in a group", offset))
      return;
  }
  if (!has_room(count, offset)) return;
  type_reader_.open_group(TypeIdx(first.value + count));
  for (uint32_t i = 0; i < count && goes_on(reader_, options_.stop); ++i) {
    SubType type = sub_type();
    if (reader_.ok()) module_.types.push_back(std::move(type));
  }
  type_reader_.close_group();
  if (reader_.ok() && count > 0) finish_group(first);
}

void TypeDecoder::finish_group(TypeIdx first) {
  const uint32_t count = uint32_t(module_.types.size()) - first.value;
  const TypeIdx canonical =
      options_.type_indices == TypeIndices::as_written
          ? first
          : canonicalizer_.intern(std::span(&module_.types[first], count), first, options_.stop);
  if (!goes_on(reader_, options_.stop)) return;
  for (uint32_t i = 0; i < count; ++i) {
    module_.canonical_types.push_back(TypeIdx(canonical.value + i));
    if (canonical == first) continue;
    map_type_indices(module_.types[TypeIdx(first.value + i)], [&](TypeIdx index) {
      return index < first ? index : TypeIdx(canonical.value + (index.value - first.value));
    });
  }
  module_.rec_groups.push_back({first, count});
}

SubType TypeDecoder::sub_type() {
  SubType type;
  const uint64_t offset = reader_.position();
  const uint8_t code = reader_.peek();
  depths_.push_back(0);
  if (code == sub_code || code == sub_final_code) {
    reader_.u8();
    type_reader_.need(Feature::gc, "a subtype declaration", offset);
    type.is_final = code == sub_final_code;
    super_type(type);
  }
  if (reader_.ok()) composite_type(type);
  return type;
}

void TypeDecoder::super_type(SubType& type) {
  const uint64_t count_offset = reader_.position();
  const uint32_t count = reader_.count();
  if (!reader_.ok() || count == 0) return;
  if (count > 1) {
    reader_.fail(ErrorCode::sub_type, count_offset,
                 "a type has at most one supertype, this one " + std::to_string(count));
    return;
  }
  const uint64_t offset = reader_.position();
  const TypeIdx super = type_reader_.type_index();
  if (!reader_.ok()) return;
  if (super.value >= module_.types.size()) {
    reader_.fail(ErrorCode::unknown_type, offset,
                 std::to_string(super.value) + ", a supertype comes before its subtypes");
    return;
  }
  type.super = super;
  depths_.back() = uint8_t(depths_[super.value] + 1);
  within_limit(reader_, depths_.back(), syntax::max_subtyping_depth, "supertypes above a type",
               offset);
}

void TypeDecoder::composite_type(SubType& type) {
  const uint64_t offset = reader_.position();
  const uint8_t code = reader_.u8();
  if (is_too_long_code(reader_, code)) return;
  switch (code) {
    case func_code: type.composite = func_type(); return;
    case struct_code:
      type_reader_.need(Feature::gc, "a structure type", offset);
      type.composite = struct_type();
      return;
    case array_code:
      type_reader_.need(Feature::gc, "an array type", offset);
      type.composite = syntax::ArrayType{field_type()};
      return;
    default: reader_.fail(ErrorCode::malformed_type_form, offset); return;
  }
}

std::vector<ValType> TypeDecoder::val_types(uint32_t limit, std::string_view what) {
  const uint64_t offset = reader_.position();
  const uint32_t count = reader_.count();
  if (!within_limit(reader_, count, limit, what, offset)) return {};
  std::vector<ValType> types;
  types.reserve(count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) types.push_back(type_reader_.val_type());
  return types;
}

syntax::FuncType TypeDecoder::func_type() {
  syntax::FuncType type;
  type.params = val_types(syntax::max_params, "parameters");
  const uint64_t offset = reader_.position();
  type.results = val_types(syntax::max_results, "results");
  if (type.results.size() > 1) {
    type_reader_.need(Feature::multi_value, "a function with several results", offset);
  }
  return type;
}

syntax::StructType TypeDecoder::struct_type() {
  const uint64_t offset = reader_.position();
  const uint32_t count = reader_.count();
  syntax::StructType type;
  if (!within_limit(reader_, count, syntax::max_struct_fields, "fields", offset)) return type;
  type.fields.reserve(count);
  for (uint32_t i = 0; i < count && reader_.ok(); ++i) type.fields.push_back(field_type());
  return type;
}

syntax::FieldType TypeDecoder::field_type() {
  syntax::FieldType type;
  type.storage = type_reader_.storage_type();
  type.is_mutable = type_reader_.is_mutable();
  return type;
}

}  // namespace waxwing::binary
