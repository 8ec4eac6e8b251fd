// Operands with which instructions mostly do not trap, so that most calls come to their end; wild
// ones, which may be anything, are as frequent as the function's share of them says.
#include <algorithm>
#include <bit>
#include <utility>

#include "generate/body.h"
#include "syntax/access.h"

namespace waxwing::tests {
namespace {

using syntax::ImmediateKind;
using syntax::OpKind;

constexpr uint64_t most_bytes = 70;  // that one instruction fills or copies

bool is_access(const OpInfo& info) {
  return info.immediate == ImmediateKind::mem_arg || info.immediate == ImmediateKind::mem_arg_lane;
}

bool is_wait(Op id) { return id == Op::memory_atomic_wait32 || id == Op::memory_atomic_wait64; }

bool is_division(Op id) {
  return (id >= Op::i32_div_s && id <= Op::i32_rem_u) ||
         (id >= Op::i64_div_s && id <= Op::i64_rem_u);
}

bool grows(Op id) { return id == Op::memory_grow || id == Op::table_grow; }

}  // namespace

bool names_memory(ImmediateKind kind) {
  return kind == ImmediateKind::mem_arg || kind == ImmediateKind::mem_arg_lane ||
         kind == ImmediateKind::memory || kind == ImmediateKind::data_memory;
}

bool is_atomic(const OpInfo& info) {
  return info.immediate == ImmediateKind::mem_arg && info.kind != OpKind::load &&
         info.kind != OpKind::store;
}

bool Body::is_wild() { return wild_one_in_ != 0 && random_.one_in(wild_one_in_); }

void Body::constant(ValType type, uint64_t bits) {
  const bool is_wide = type == syntax::i64_type;
  op(is_wide ? Op::i64_const : Op::i32_const);
  out_.s64(is_wide ? int64_t(bits) : int32_t(uint32_t(bits)));
}

/// Joins what is on top and a constant.
void Body::with_constant(ValType type, uint64_t bits, Op narrow, Op wide) {
  constant(type, bits);
  op(type == syntax::i64_type ? wide : narrow);
}

uint64_t Body::memory_bytes(uint32_t memory) const {
  return plan_.memories[memory].limits_pages.min << plan_.memories[memory].page_size_log2;
}

uint64_t Body::target_size(const OpInfo& info, const Place& place) const {
  return names_memory(info.immediate) ? memory_bytes(place.memory)
                                      : plan_.tables[place.table].limits.min;
}

/// What an initialization reads from; nothing of what is dropped from the start.
uint64_t Body::source_size(const OpInfo& info, const Place& place) const {
  if (info.immediate == ImmediateKind::data_memory) return plan_.datas[place.data].size();
  if (info.immediate == ImmediateKind::elem_table) return elem_count(place.elem);
  return most_bytes;
}

uint64_t Body::elem_count(uint32_t elem) const {
  return plan_.elems[elem].flags == 1 ? plan_.elems[elem].count : 0;
}

/// Chooses how far the instruction reaches. False: it could only trap.
bool Body::choose_span(const OpInfo& info, Place& place) {
  const uint64_t size = target_size(info, place);
  if (is_access(info)) {
    place.span = uint64_t{1} << syntax::access_table[size_t(info.id)].align_log2;
    place.offset = random_.one_in(2) ? 0 : random_.below(64);
    if (is_atomic(info)) place.offset &= ~uint64_t{7};
    if (place.is_wild) {
      if (random_.one_in(4)) place.offset += random_.below(8);
      if (random_.one_in(6)) place.offset = interesting_bits(random_, ValKind::i64);
      if (memory_index(place.memory) == syntax::i32_type) place.offset = uint32_t(place.offset);
      return true;
    }
    if (is_wait(info.id) && !plan_.memories[place.memory].is_shared) return false;
    if (place.offset + place.span > size) place.offset = 0;
    return place.span <= size;
  }
  if (info.id == Op::data_drop || info.id == Op::elem_drop) return random_.one_in(10);
  if (info.id == Op::table_get || info.id == Op::table_set) {
    place.span = 1;
    return size > 0 || place.is_wild;
  }
  place.span = random_.below(std::min({size, source_size(info, place), most_bytes}) + 1);
  return true;
}

void Body::row_operand(const OpInfo& info, size_t index, ValType type, const Place& place) {
  if (is_wait(info.id) && index == 2) {
    op(Op::i64_const);
    out_.s64(int64_t(random_.below(1000)));  // nanoseconds
    return push(type);
  }
  const bool is_number = type == syntax::i32_type || type == syntax::i64_type;
  if (is_access(info)) return index == 0 ? address(info, place) : value(type);
  if (is_division(info.id) && index == 1) return divisor(type);
  if (is_comparison(info) && index == 1 && is_number && random_.one_in(3)) {
    constant(type, 0);
    return push(type);
  }
  if (info.kind == OpKind::pure && info.text.find(".trunc_f") != info.text.npos)
    return in_range(type, info.text.ends_with('u'));
  if (info.kind != OpKind::runtime || !is_number || (place.is_wild && random_.one_in(2)))
    return value(type);
  if (grows(info.id)) return small(type);
  if (index == 0) return bounded(type, target_size(info, place) - place.span);
  if (index == 2) return bounded(type, place.span);
  if (info.id == Op::memory_fill) return value(type);
  bounded(type, source_size(info, place) - place.span);
}

/// The index of an access to memory.
void Body::address(const OpInfo& info, const Place& place) {
  const ValType type = memory_index(place.memory);
  const uint64_t size = memory_bytes(place.memory);
  const uint64_t alignment = is_atomic(info) ? place.span : 1;
  if (!place.is_wild) return bounded(type, size - place.span - place.offset, alignment);
  if (random_.one_in(3)) return value(type);
  if (random_.one_in(2)) return bounded(type, size);
  constant(type, size - random_.below(20));
  push(type);
}

/// A number from 0 to `limit`, often at an end of that.
void Body::bounded(ValType type, uint64_t limit, uint64_t alignment) {
  const uint64_t aligned = ~(alignment - 1);
  if (random_.one_in(3) || spend()) {
    const uint64_t near = std::min<uint64_t>(limit, 320);
    constant(type, (random_.one_in(5) ? limit - random_.below(std::min<uint64_t>(limit, 8) + 1)
                                      : random_.below(near + 1)) &
                       aligned);
    return push(type);
  }
  value(type);
  if (random_.one_in(5)) {
    with_constant(type, limit + 1, Op::i32_rem_u, Op::i64_rem_u);
    if (alignment > 1) with_constant(type, aligned, Op::i32_and, Op::i64_and);
    return;
  }
  constexpr uint64_t masks[] = {0xf8, 0xff, 0xfff, 0x7ff8, 0xfff0, ~uint64_t{0}};
  const uint64_t most = std::bit_floor(limit + 1) - 1;
  with_constant(type, most & random_.pick(masks) & aligned, Op::i32_and, Op::i64_and);
}

void Body::small(ValType type) { bounded(type, random_.one_in(12) ? most_bytes : 5); }

/// A number that is not 0.
void Body::divisor(ValType type) {
  if (is_wild()) return value(type);
  if (spend() || random_.one_in(2)) {
    uint64_t bits = interesting_bits(random_, type.kind());
    if (type == syntax::i32_type) bits = uint32_t(bits);
    constant(type, bits == 0 ? 3 : bits);
    return push(type);
  }
  value(type);
  if (random_.one_in(2)) return with_constant(type, 1, Op::i32_or, Op::i64_or);
  with_constant(type, random_.one_in(2) ? 0x7f : 0x7ffffffe, Op::i32_and, Op::i64_and);
  with_constant(type, 1, Op::i32_add, Op::i64_add);
}

/// A float that every integer type of that sign can hold.
void Body::in_range(ValType type, bool is_unsigned) {
  if (is_wild()) return value(type);
  value(syntax::i32_type);
  const auto shift = uint32_t(1 + random_.below(20));
  constant(syntax::i32_type, shift);
  op(is_unsigned ? Op::i32_shr_u : Op::i32_shr_s);
  pop();
  const bool is_narrow = type == syntax::f32_type;
  op(is_narrow ? Op::f32_convert_i32_s : Op::f64_convert_i32_s);
  if (is_narrow) {
    op(Op::f32_const);
    out_.fixed(0x3ee00000u);  // 0.4375
  } else {
    op(Op::f64_const);
    out_.fixed(uint64_t{0x3fdc000000000000});
  }
  op(is_narrow ? Op::f32_mul : Op::f64_mul);
  push(type);
}

/// A reference that is null only in wild code. There are objects of `heap`.
void Body::non_null(HeapType heap) {
  const ValType type = ValType::ref(false, heap);
  if (is_wild()) return value(ValType::ref(true, heap));
  if (spend() || random_.one_in(2)) return least_or_object(type);
  open(Op::block, {}, {type});
  value(ValType::ref(true, heap));
  op(Op::br_on_non_null, 0);
  pop();
  least_or_object(type);
  close();
}

/// An object where there are any of that type; else its least value.
void Body::least_or_object(ValType type) {
  if (!object(type)) least(type);
}

/// A value that takes next to no code.
void Body::least(ValType type) {
  if (type.is_defaultable()) {
    write_const(out_, random_, type);
    return push(type);
  }
  const int64_t kept = std::exchange(budget_, 0);
  if (!object(type)) {
    op(Op::unreachable);
    push(type);
  }
  budget_ = kept;
}

}  // namespace waxwing::tests
