// Types are written as they are read; function types are also kept by their bytes, so that type
// uses find them. [spec 6.4, 6.6.4]
#include "text/type_assembler.h"

#include <algorithm>
#include <tuple>

namespace waxwing::text {

using base::ErrorCode;

namespace {

struct TypeWord {
  std::string_view text;
  uint8_t code;
};

constexpr TypeWord number_types[] = {
    {"i32", 0x7f}, {"i64", 0x7e}, {"f32", 0x7d}, {"f64", 0x7c}, {"v128", 0x7b}};

constexpr TypeWord packed_types[] = {{"i8", 0x78}, {"i16", 0x77}};

constexpr TypeWord heap_types[] = {{"func", 0x70},     {"extern", 0x6f}, {"any", 0x6e},
                                   {"eq", 0x6d},       {"i31", 0x6c},    {"struct", 0x6b},
                                   {"array", 0x6a},    {"exn", 0x69},    {"none", 0x71},
                                   {"noextern", 0x72}, {"nofunc", 0x73}, {"noexn", 0x74}};

constexpr TypeWord ref_types[] = {
    {"funcref", 0x70}, {"externref", 0x6f},     {"anyref", 0x6e},      {"eqref", 0x6d},
    {"i31ref", 0x6c},  {"structref", 0x6b},     {"arrayref", 0x6a},    {"exnref", 0x69},
    {"nullref", 0x71}, {"nullexternref", 0x72}, {"nullfuncref", 0x73}, {"nullexnref", 0x74}};

template <size_t N>
std::optional<uint8_t> find_word(const TypeWord (&words)[N], const Token& token) {
  if (token.kind != TokenKind::keyword) return std::nullopt;
  for (const TypeWord& word : words) {
    if (word.text == token.text) return word.code;
  }
  return std::nullopt;
}

constexpr uint8_t func_code = 0x60;
constexpr uint8_t struct_code = 0x5f;
constexpr uint8_t array_code = 0x5e;
constexpr uint8_t sub_code = 0x50;
constexpr uint8_t sub_final_code = 0x4f;
constexpr uint8_t rec_code = 0x4e;
constexpr uint8_t ref_code = 0x64;
constexpr uint8_t ref_null_code = 0x63;
constexpr uint8_t empty_block_code = 0x40;

int64_t abstract_heap(uint8_t code) { return int64_t(code) - 0x80; }

}  // namespace

void write_ref_type(RefType type, ByteWriter& out) {
  if (!type.is_nullable || type.heap >= 0) out.u8(type.is_nullable ? ref_null_code : ref_code);
  out.s64(type.heap);
}

void Signature::clear() {
  params.clear();
  results.clear();
  param_count = 0;
  result_count = 0;
}

void TypeAssembler::read_type() {
  ++group_count_;
  const uint32_t index = uint32_t(infos_.size());
  if (sub_type()) keep_final_signature(index);
}

void TypeAssembler::read_rec() {
  ++group_count_;
  const size_t begin = types_.size();
  const uint32_t first = uint32_t(infos_.size());
  bool is_final_func = false;
  while (cursor_.take_open("type")) {
    is_final_func = sub_type();
    cursor_.expect_close();
  }
  const uint32_t count = uint32_t(infos_.size()) - first;
  if (count == 1 && is_final_func) keep_final_signature(first);
  if (!cursor_.at(TokenKind::close)) cursor_.unexpected("(type ...) or )");
  scratch_.clear();
  scratch_.raw(types_.span_from(begin));
  types_.truncate(begin);
  types_.u8(rec_code);
  types_.u32(count);
  types_.raw(scratch_.span());
}

// Behind `(type`. Whether it is a function type, final and without a supertype: alone in its group,
// such a one is what type uses look for.
bool TypeAssembler::sub_type() {
  scope_.take_name(scope_.take_symbol(), "type");
  const uint32_t index = uint32_t(infos_.size());
  infos_.emplace_back();
  bool is_plain = true;
  if (cursor_.take_open("sub")) {
    const bool is_final = cursor_.take_keyword("final");
    scratch_.clear();
    uint32_t count = 0;
    for (; scope_.at_index() && cursor_.ok(); ++count) scratch_.u32(scope_.index(Space::type));
    is_plain = is_final && count == 0;
    if (!is_plain) {
      types_.u8(is_final ? sub_final_code : sub_code);
      types_.u32(count);
      types_.raw(scratch_.span());
    }
    composite_type(index);
    cursor_.expect_close();
  } else {
    composite_type(index);
  }
  return is_plain && infos_[index].signature_size != 0;
}

void TypeAssembler::keep_final_signature(uint32_t index) {
  const TypeInfo& info = infos_[index];
  const base::ByteSpan bytes =
      signatures_.span().subspan(info.signature_begin, info.signature_size);
  if (final_signatures_.intern_copy(base::as_text(bytes)) == final_types_.size()) {
    final_types_.push_back(index);
  }
}

void TypeAssembler::composite_type(uint32_t index) {
  if (cursor_.take_open("func")) {
    params_.clear();
    signature_.clear();
    read_signature(signature_, &params_);
    const size_t begin = signatures_.size();
    encode_signature(signature_, signatures_);
    infos_[index] = {begin, signatures_.size() - begin, signature_.param_count};
    types_.raw(signatures_.span_from(begin));
  } else if (cursor_.take_open("struct")) {
    struct_type(index);
  } else if (cursor_.take_open("array")) {
    types_.u8(array_code);
    field_type(types_);
  } else {
    cursor_.unexpected("(func ...), (struct ...), (array ...) or (sub ...)");
  }
  cursor_.expect_close();
}

void TypeAssembler::struct_type(uint32_t index) {
  ByteWriter fields;
  uint32_t count = 0;
  while (cursor_.take_open("field")) {
    if (cursor_.at(TokenKind::id)) {
      field_tokens_.push_back(cursor_.peek());
      const Symbol symbol = scope_.take_symbol();
      field_names_.push_back({index, count++, symbol, scope_.take_name(symbol, "field")});
      field_type(fields);
    } else {
      for (; !cursor_.at(TokenKind::close) && cursor_.ok(); ++count) field_type(fields);
    }
    cursor_.expect_close();
  }
  types_.u8(struct_code);
  types_.u32(count);
  types_.raw(fields.span());
}

void TypeAssembler::field_type(ByteWriter& out) {
  const bool is_mutable = cursor_.take_open("mut");
  storage_type(out);
  out.u8(is_mutable ? 1 : 0);
  if (is_mutable) cursor_.expect_close();
}

void TypeAssembler::storage_type(ByteWriter& out) {
  if (const std::optional<uint8_t> code = find_word(packed_types, cursor_.peek())) {
    cursor_.next();
    out.u8(*code);
  } else {
    val_type(out);
  }
}

void TypeAssembler::finish_types() {
  std::vector<uint32_t> order(field_names_.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](uint32_t i) {
    return std::tuple(field_names_[i].type, field_names_[i].symbol, field_names_[i].field);
  };
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return key(a) < key(b); });
  fields_by_symbol_.reserve(order.size());
  for (uint32_t i : order) {
    const FieldName& name = field_names_[i];
    if (!fields_by_symbol_.empty() && fields_by_symbol_.back().type == name.type &&
        fields_by_symbol_.back().symbol == name.symbol) {
      scope_.fail_duplicate(Space::field, field_tokens_[i]);
      return;
    }
    fields_by_symbol_.push_back(name);
  }
}

void TypeAssembler::val_type(ByteWriter& out) {
  if (const std::optional<uint8_t> code = find_word(number_types, cursor_.peek())) {
    cursor_.next();
    out.u8(*code);
  } else if (at_ref_type()) {
    write_ref_type(ref_type(), out);
  } else {
    cursor_.unexpected("a value type");
  }
}

bool TypeAssembler::at_ref_type() {
  return find_word(ref_types, cursor_.peek()).has_value() || cursor_.at_open("ref");
}

RefType TypeAssembler::ref_type() {
  if (const std::optional<uint8_t> code = find_word(ref_types, cursor_.peek())) {
    cursor_.next();
    return {.is_nullable = true, .heap = abstract_heap(*code)};
  }
  if (!cursor_.take_open("ref")) {
    cursor_.unexpected("a reference type");
    return {};
  }
  RefType type;
  type.is_nullable = cursor_.take_keyword("null");
  type.heap = heap_type();
  cursor_.expect_close();
  return type;
}

int64_t TypeAssembler::heap_type() {
  if (const std::optional<uint8_t> code = find_word(heap_types, cursor_.peek())) {
    cursor_.next();
    return abstract_heap(*code);
  }
  if (scope_.at_index()) return scope_.index(Space::type);
  cursor_.unexpected("a heap type");
  return 0;
}

void TypeAssembler::read_params(Signature& signature, IndexSpace* locals) {
  if (cursor_.at(TokenKind::id)) {
    if (locals == nullptr) return cursor_.unexpected("a value type (parameters have no ids here)");
    scope_.bind(Space::local, *locals);
    val_type(signature.params);
    ++signature.param_count;
  } else {
    while (!cursor_.at(TokenKind::close) && cursor_.ok()) {
      val_type(signature.params);
      ++signature.param_count;
      if (locals != nullptr) locals->skip(1);
    }
  }
  cursor_.expect_close();
}

void TypeAssembler::read_signature(Signature& signature, IndexSpace* locals) {
  while (cursor_.take_open("param")) read_params(signature, locals);
  while (cursor_.take_open("result")) {
    while (!cursor_.at(TokenKind::close) && cursor_.ok()) {
      val_type(signature.results);
      ++signature.result_count;
    }
    cursor_.expect_close();
  }
}

void TypeAssembler::encode_signature(const Signature& signature, ByteWriter& out) const {
  out.u8(func_code);
  out.u32(signature.param_count);
  out.raw(signature.params.span());
  out.u32(signature.result_count);
  out.raw(signature.results.span());
}

uint32_t TypeAssembler::find_or_add() {
  scratch_.clear();
  encode_signature(signature_, scratch_);
  const Symbol symbol = final_signatures_.intern_copy(base::as_text(scratch_.span()));
  if (symbol < final_types_.size()) return final_types_[symbol];
  const uint32_t index = uint32_t(infos_.size());
  infos_.push_back({signatures_.size(), scratch_.size(), signature_.param_count});
  signatures_.raw(scratch_.span());
  final_types_.push_back(index);
  types_.raw(scratch_.span());
  ++group_count_;
  scope_.space(Space::type).skip(1);
  return index;
}

// Reads a type use into signature_; the index where there is one.
std::optional<uint32_t> TypeAssembler::take_type_index(IndexSpace* locals) {
  const Token first = cursor_.peek();
  std::optional<uint32_t> index;
  if (cursor_.take_open("type")) {
    index = scope_.index(Space::type);
    cursor_.expect_close();
  }
  signature_.clear();
  read_signature(signature_, locals);
  if (!index || !cursor_.ok()) return index;
  const bool is_known = *index < infos_.size() && infos_[*index].signature_size != 0;
  if (signature_.empty()) {
    if (is_known && locals != nullptr) locals->skip(infos_[*index].param_count);
    return index;
  }
  if (*index >= infos_.size()) {
    scope_.fail_unknown("type", first, "");
    return index;
  }
  scratch_.clear();
  encode_signature(signature_, scratch_);
  const TypeInfo& info = infos_[*index];
  if (base::as_text(scratch_.span()) !=
      base::as_text(signatures_.span().subspan(info.signature_begin, info.signature_size))) {
    cursor_.fail(ErrorCode::inline_function_type, first,
                 "the parameters and results differ from the type's; leave them out, or make them "
                 "the same");
  }
  return index;
}

uint32_t TypeAssembler::type_use(IndexSpace* locals) {
  const std::optional<uint32_t> index = take_type_index(locals);
  if (index || !cursor_.ok()) return index.value_or(0);
  return find_or_add();
}

void TypeAssembler::block_type(ByteWriter& out) {
  std::optional<uint32_t> index = take_type_index(nullptr);
  if (!cursor_.ok()) return;
  if (!index && signature_.param_count == 0 && signature_.result_count <= 1) {
    if (signature_.empty()) return out.u8(empty_block_code);
    return out.raw(signature_.results.span());
  }
  out.s64(index ? *index : find_or_add());
}

uint32_t TypeAssembler::field(uint32_t type) {
  if (!cursor_.at(TokenKind::id)) return cursor_.u32();
  const Token token = cursor_.peek();
  const Symbol symbol = scope_.take_symbol();
  if (!cursor_.ok()) return 0;
  const auto key = std::pair(type, symbol);
  const auto found =
      std::lower_bound(fields_by_symbol_.begin(), fields_by_symbol_.end(), key,
                       [](const FieldName& name, const std::pair<uint32_t, Symbol>& wanted) {
                         return std::pair(name.type, name.symbol) < wanted;
                       });
  if (found != fields_by_symbol_.end() && found->type == type && found->symbol == symbol) {
    return found->field;
  }
  scope_.fail_unknown("field", token, "");
  return 0;
}

ByteWriter TypeAssembler::section() const {
  ByteWriter section;
  if (group_count_ == 0) return section;
  section.u32(group_count_);
  section.raw(types_.span());
  return section;
}

}  // namespace waxwing::text
