// Values, statements, and the instructions whose types the table knows.
#include "generate/body.h"

#include <algorithm>
#include <array>

#include "syntax/access.h"
#include "syntax/operand_types.h"

namespace waxwing::tests {
namespace {

using syntax::ImmediateKind;
using syntax::OperandType;
using syntax::OpKind;

constexpr uint32_t max_depth = 9;
constexpr uint32_t wildness[] = {0, 0, 200, 25, 8};  // one operand in so many, by function

bool is_generated(const OpInfo& info) {
  switch (info.kind) {
    case OpKind::pure:
    case OpKind::load:
    case OpKind::store:
    case OpKind::atomic:
    case OpKind::runtime: return !info.signature.by_hand;
    case OpKind::frame:
    case OpKind::control: return false;
  }
  return false;
}

/// Rows by what they leave on top; those that leave nothing are the last list.
struct Rows {
  static constexpr size_t none = 7;  // behind the words of OperandType
  std::array<std::vector<Op>, 8> by_result;
  std::array<std::vector<Op>, 8> by_param;  // the first one
  std::vector<Op> comparisons;              // of two numbers

  Rows() {
    for (const OpInfo& info : syntax::op_table) {
      if (!is_generated(info)) continue;
      const syntax::Signature& type = info.signature;
      by_result[type.result_count == 0 ? none : size_t(type.results[0])].push_back(info.id);
      by_param[type.param_count == 0 ? none : size_t(type.params[0])].push_back(info.id);
      if (is_comparison(info)) comparisons.push_back(info.id);
    }
  }
};

const Rows& rows() {
  static const Rows rows;
  return rows;
}

size_t row_index(ValKind kind) {
  switch (kind) {
    case ValKind::i32: return size_t(OperandType::i32);
    case ValKind::i64: return size_t(OperandType::i64);
    case ValKind::f32: return size_t(OperandType::f32);
    case ValKind::f64: return size_t(OperandType::f64);
    case ValKind::v128: return size_t(OperandType::v128);
    case ValKind::ref: return size_t(OperandType::elem);
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: break;
  }
  return Rows::none;
}

/// Traps for most values of its first operand.
bool traps_often(const OpInfo& info) { return info.text.find(".trunc_f") != info.text.npos; }

/// Float arithmetic: a pure row that is named after a float type, and gives one.
bool makes_nan(const OpInfo& info) {
  if (info.kind != OpKind::pure || info.signature.result_count != 1) return false;
  const OperandType result = info.signature.results[0];
  return info.text.starts_with("f") && info.text.find("reinterpret") == info.text.npos &&
         (result == OperandType::f32 || result == OperandType::f64 || result == OperandType::v128);
}

}  // namespace

bool is_comparison(const OpInfo& info) {
  const syntax::Signature& type = info.signature;
  if (info.kind != OpKind::pure || type.param_count != 2 || type.results[0] != OperandType::i32)
    return false;
  const std::string_view verb = info.text.substr(info.text.find('.') + 1, 2);
  return verb == "eq" || verb == "ne" || verb == "lt" || verb == "le" || verb == "gt" ||
         verb == "ge";
}

namespace {

class Nesting {
 public:
  explicit Nesting(uint32_t& depth) : depth_(depth) { ++depth_; }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  uint32_t& depth_;
};

}  // namespace

Body::Body(Plan& plan, const Shape& shape, uint32_t func)
    : plan_(plan),
      shape_(shape),
      func_(func),
      type_(plan.func(func)),
      random_((shape.seed << 8) + func),
      wild_one_in_(random_.pick(wildness)),
      budget_(int64_t(shape.budget)) {}

void Body::op(Op id) {
  const OpInfo& info = syntax::op_info(id);
  if (info.prefix == 0) return out_.u8(uint8_t(info.code));
  out_.u8(info.prefix);
  out_.u32(info.code);
}

void Body::op(Op id, uint32_t index) {
  op(id);
  out_.u32(index);
}

void Body::i32(int32_t value) {
  op(Op::i32_const);
  out_.s64(value);
  push(syntax::i32_type);
}

bool Body::spend() { return --budget_ < 0 || depth_ > max_depth; }

uint32_t Body::add_local(ValType type, bool is_reserved) {
  locals_.push_back({type, is_reserved});
  return uint32_t(locals_.size() - 1);
}

ByteWriter Body::make() {
  for (const ValType param : type_.params) add_local(param, false);
  const size_t own = random_.one_in(6) ? 30 + random_.below(40) : random_.below(12);
  for (size_t i = 0; i < own; ++i) add_local(plan_.value_type(random_, true), false);
  frames_.push_back({type_.results, type_.results, 0, false});
  const uint32_t defined = func_ - plan_.imported_funcs;
  const size_t cut =
      defined < shape_.max_statements.size() ? shape_.max_statements[defined] : SIZE_MAX;
  use_fuel();
  const size_t count = 1 + random_.below(12);
  statements(std::min(count, cut));
  finish(type_.results);
  op(Op::end);
  ByteWriter body;
  body.u64(locals_.size() - type_.params.size());
  for (size_t i = type_.params.size(); i < locals_.size(); ++i) {
    body.u8(1);
    write_val_type(body, locals_[i].type);
  }
  body.raw(out_.span());
  return body;
}

ValType Body::memory_index(uint32_t memory) const {
  return syntax::value_type(plan_.memories[memory].address);
}

ValType Body::table_index(uint32_t table) const {
  return syntax::value_type(plan_.tables[table].address);
}

std::optional<uint32_t> Body::find_local(ValType type, bool to_write) {
  const size_t begin = random_.below(locals_.size());
  for (size_t i = 0; i < locals_.size(); ++i) {
    const auto index = uint32_t((begin + i) % locals_.size());
    const Local& local = locals_[index];
    if (to_write ? !local.is_reserved && plan_.matches(type, local.type)
                 : plan_.matches(local.type, type))
      return index;
  }
  return std::nullopt;
}

std::optional<uint32_t> Body::find_global(ValType type, bool to_write) {
  const size_t begin = random_.below(plan_.globals.size());
  for (size_t i = 0; i < plan_.globals.size(); ++i) {
    const auto index = uint32_t((begin + i) % plan_.globals.size());
    const syntax::GlobalType& global = plan_.globals[index];
    if (to_write
            ? index != Plan::fuel_global && global.is_mutable && plan_.matches(type, global.value)
            : index != Plan::fuel_global && plan_.matches(global.value, type))
      return index;
  }
  return std::nullopt;
}

void Body::leaf(ValType type) {
  if (random_.one_in(2)) {
    if (const auto local = find_local(type, false)) {
      op(Op::local_get, *local);
      return push(type);
    }
  }
  if (type.is_ref() && (!type.is_nullable() || random_.one_in(2)) && object(type)) return;
  write_const(out_, random_, type);
  push(type);
}

void Body::value(ValType type) {
  const Nesting nesting(depth_);
  if (spend()) return leaf(type);
  switch (random_.below(18)) {
    case 0:
    case 1: return leaf(type);
    case 2:
      if (const auto local = find_local(type, true);
          local && plan_.matches(locals_[*local].type, type)) {
        value(type);
        op(Op::local_tee, *local);
        stack_.back() = type;
        return;
      }
      return leaf(type);
    case 3:
      if (const auto global = find_global(type, false)) {
        op(Op::global_get, *global);
        return push(type);
      }
      return computed(type);
    case 4: {
      value(type);
      value(type);
      condition();
      if (type.is_ref() || random_.one_in(3)) {
        op(Op::select_typed, 1);
        write_val_type(out_, type);
      } else {
        op(Op::select);
      }
      pop(2);
      stack_.back() = type;
      return;
    }
    case 5: return some_block({type});
    case 6: return call_some(type);
    case 7: {
      // More than one value, of which the first stays.
      Types results{type};
      for (size_t more = random_.below(4); more > 0; --more)
        results.push_back(plan_.value_type(random_));
      const size_t height = stack_.size();
      some_block(results);
      return consume_to(height + 1);
    }
    default: return computed(type);
  }
}

/// An i32 to branch on.
void Body::condition() {
  if (spend() || random_.one_in(2)) return value(syntax::i32_type);
  row(syntax::op_info(random_.pick(rows().comparisons)), 0, std::nullopt);
}

void Body::values(const Types& types) {
  for (const ValType type : types) value(type);
}

void Body::computed(ValType type) {
  if (random_.one_in(5) && read_object(type)) return;
  if (type.is_ref() || random_.one_in(12)) {
    if (type.is_ref() && random_.one_in(6)) return branch_on_cast(type);
    if (convert(type) || question(type) || (type.is_ref() && object(type))) return;
  }
  const bool is_addr = !type.is_ref() && random_.one_in(16) &&
                       (type == syntax::i32_type || type == syntax::i64_type);
  const auto& list = rows().by_result[is_addr ? size_t(OperandType::addr) : row_index(type.kind())];
  for (int attempt = 0; attempt < 4 && !list.empty(); ++attempt) {
    const OpInfo& info = syntax::op_info(random_.pick(list));
    const size_t height = stack_.size();
    if (row(info, 0, type)) return consume_to(height + 1);
  }
  leaf(type);
}

ValType Body::operand_type(OperandType type, const OpInfo& info, const Place& place) const {
  const ValType index =
      names_memory(info.immediate) ? memory_index(place.memory) : table_index(place.table);
  return syntax::operand_type(type, index, plan_.tables[place.table].element);
}

bool Body::choose(const OpInfo& info, std::optional<ValType> wanted, Place& place) {
  place.is_wild = is_wild();
  place.memory = uint32_t(random_.one_in(2) ? 0 : random_.below(plan_.memories.size()));
  place.table = uint32_t(random_.below(plan_.tables.size()));
  place.elem = uint32_t(random_.below(plan_.elems.size()));
  place.data = uint32_t(random_.below(plan_.datas.size()));
  if (info.immediate == ImmediateKind::elem_table &&
      !plan_.matches(plan_.elems[place.elem].type, plan_.tables[place.table].element))
    return false;
  if (!choose_span(info, place)) return false;
  return !wanted || info.signature.result_count == 0 ||
         plan_.matches(operand_type(info.signature.results[0], info, place), *wanted);
}

bool Body::row(const OpInfo& info, size_t given, std::optional<ValType> wanted) {
  Place place;
  if (!choose(info, wanted, place)) return false;
  const syntax::Signature& type = info.signature;
  if (given > type.param_count) return false;
  if (given == 1 && !plan_.matches(stack_.back(), operand_type(type.params[0], info, place)))
    return false;
  for (size_t i = given; i < type.param_count; ++i)
    row_operand(info, i, operand_type(type.params[i], info, place), place);
  op(info.id);
  row_immediates(info, place);
  pop(type.param_count);
  for (size_t i = 0; i < type.result_count; ++i) push(operand_type(type.results[i], info, place));
  if (makes_nan(info)) canonicalize_nan(stack_.back(), info.text.starts_with("f32"));
  return true;
}

/// Arithmetic may choose a NaN's sign and payload; this makes it one that no engine chooses.
void Body::canonicalize_nan(ValType type, bool is_narrow) {
  const uint32_t local = add_local(type, true);
  op(Op::local_tee, local);
  if (type.is_vec()) {
    op(Op::v128_const);
    for (int i = 0; i < 4; ++i) out_.fixed(is_narrow || i % 2 == 1 ? 0x7ff80000u : 0u);
  } else if (is_narrow) {
    op(Op::f32_const);
    out_.fixed(0x7fc00000u);
  } else {
    op(Op::f64_const);
    out_.fixed(uint64_t{0x7ff8000000000000});
  }
  op(Op::local_get, local);
  op(Op::local_get, local);
  if (type.is_vec()) {
    op(is_narrow ? Op::f32x4_eq : Op::f64x2_eq);
    op(Op::v128_bitselect);
  } else {
    op(is_narrow ? Op::f32_eq : Op::f64_eq);
    op(Op::select);
  }
  op(Op::local_tee, local);  // others may read it
}

void Body::row_immediates(const OpInfo& info, const Place& place) {
  const syntax::AccessInfo& access = syntax::access_table[size_t(info.id)];
  switch (info.immediate) {
    case ImmediateKind::mem_arg:
    case ImmediateKind::mem_arg_lane: {
      const size_t align =
          is_atomic(info) ? access.align_log2 : random_.below(access.align_log2 + 1u);
      const bool names_it = place.memory != 0 || random_.one_in(8);
      out_.u32(uint32_t(align | (names_it ? 0x40 : 0)));
      if (names_it) out_.u32(place.memory);
      out_.u64(place.offset);
      if (info.immediate == ImmediateKind::mem_arg_lane)
        out_.u8(uint8_t(random_.below(access.lanes)));
      return;
    }
    case ImmediateKind::lane: return out_.u8(uint8_t(random_.below(access.lanes)));
    case ImmediateKind::shuffle: {
      const bool is_regular = random_.one_in(2);
      const size_t first = random_.below(32);
      for (size_t i = 0; i < 16; ++i)
        out_.u8(uint8_t(is_regular ? (first + i) % 32 : random_.below(32)));
      return;
    }
    case ImmediateKind::memory: return out_.u32(place.memory);
    case ImmediateKind::table: return out_.u32(place.table);
    case ImmediateKind::data: return out_.u32(place.data);
    case ImmediateKind::elem: return out_.u32(place.elem);
    case ImmediateKind::data_memory: out_.u32(place.data); return out_.u32(place.memory);
    case ImmediateKind::elem_table: out_.u32(place.elem); return out_.u32(place.table);
    case ImmediateKind::fence: return out_.u8(0);
    case ImmediateKind::none:
    case ImmediateKind::block:
    case ImmediateKind::label:
    case ImmediateKind::br_table:
    case ImmediateKind::func:
    case ImmediateKind::type:
    case ImmediateKind::call_indirect:
    case ImmediateKind::local:
    case ImmediateKind::global:
    case ImmediateKind::tag:
    case ImmediateKind::i32:
    case ImmediateKind::i64:
    case ImmediateKind::f32:
    case ImmediateKind::f64:
    case ImmediateKind::v128:
    case ImmediateKind::heap_type:
    case ImmediateKind::select_types:
    case ImmediateKind::try_table:
    case ImmediateKind::field:
    case ImmediateKind::type_count:
    case ImmediateKind::type_data:
    case ImmediateKind::type_elem:
    case ImmediateKind::type_type:
    case ImmediateKind::cast:
    case ImmediateKind::memory_memory:
    case ImmediateKind::table_table: return;
  }
}

/// Uses up what is on top of the stack, which can leave other values.
void Body::consume() {
  const ValType type = stack_.back();
  switch (spend() ? 0 : random_.below(5)) {
    case 0: op(Op::drop); return pop();
    case 1:
    case 2:
      if (const auto local = find_local(type, true)) {
        op(Op::local_set, *local);
        return pop();
      }
      break;
    case 3:
      if (const auto global = find_global(type, true)) {
        op(Op::global_set, *global);
        return pop();
      }
      break;
    default: {
      const auto& list = rows().by_param[row_index(type.kind())];
      if (list.empty()) break;
      const OpInfo& info = syntax::op_info(random_.pick(list));
      if ((!traps_often(info) || is_wild()) && row(info, 1, std::nullopt)) return;
    }
  }
  op(Op::drop);
  pop();
}

void Body::consume_to(size_t height) {
  while (stack_.size() > height) consume();
}

void Body::statements(size_t count) {
  for (size_t i = 0; i < count && !is_dead_; ++i) statement();
}

void Body::statement() {
  const Nesting nesting(depth_);
  if (spend()) return;
  switch (random_.below(24)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4: {
      const ValType type =
          locals_.empty() ? plan_.value_type(random_, true) : random_.pick(locals_).type;
      value(type);
      const auto local = find_local(type, true);
      if (!local) return consume();
      op(Op::local_set, *local);
      return pop();
    }
    case 5:
    case 6: {
      const ValType type = random_.pick(plan_.globals).value;
      value(type);
      return consume();
    }
    case 7:
    case 8:
    case 9:
    case 10:
    case 11: {
      const OpInfo& info = syntax::op_info(random_.pick(rows().by_result[Rows::none]));
      row(info, 0, std::nullopt);
      return;
    }
    case 12:
    case 13: return call_some(std::nullopt);
    case 14: return change_object();
    case 15: return random_.one_in(2) ? copy_memory() : copy_table();
    case 16: return branch_if();
    case 17: return random_.one_in(2) ? branch_on_null() : branch_table();
    case 18: return random_.one_in(3) ? leave() : branch_if();
    default: {
      const size_t height = stack_.size();
      Types results;
      if (random_.one_in(3)) {
        for (size_t i = random_.below(4); i > 0; --i) results.push_back(plan_.value_type(random_));
      }
      some_block(results);
      if (!is_dead_) consume_to(height);
    }
  }
}

}  // namespace waxwing::tests
