// Plans and their sections. [spec 5.5]
#include "generate/plan.h"

#include <algorithm>

#include "syntax/opcode_table.h"
#include "syntax/subtyping.h"

namespace waxwing::tests {
namespace {

using syntax::AddressType;
using syntax::FieldType;
using syntax::TypeIdx;

constexpr ValKind numbers[] = {ValKind::i32, ValKind::i64, ValKind::f32, ValKind::f64,
                               ValKind::v128};
constexpr AbstractHeap heaps[] = {AbstractHeap::func, AbstractHeap::extern_, AbstractHeap::any,
                                  AbstractHeap::eq,   AbstractHeap::i31,     AbstractHeap::struct_,
                                  AbstractHeap::array};

uint8_t heap_code(AbstractHeap heap) {
  switch (heap) {
    case AbstractHeap::func: return 0x70;
    case AbstractHeap::extern_: return 0x6f;
    case AbstractHeap::any: return 0x6e;
    case AbstractHeap::eq: return 0x6d;
    case AbstractHeap::i31: return 0x6c;
    case AbstractHeap::struct_: return 0x6b;
    case AbstractHeap::array: return 0x6a;
    case AbstractHeap::exn: return 0x69;
    case AbstractHeap::none: return 0x71;
    case AbstractHeap::noextern: return 0x72;
    case AbstractHeap::nofunc: return 0x73;
    case AbstractHeap::noexn: return 0x74;
    case AbstractHeap::bottom: break;
  }
  return 0;
}

uint8_t kind_code(ValKind kind) {
  switch (kind) {
    case ValKind::i32: return 0x7f;
    case ValKind::i64: return 0x7e;
    case ValKind::f32: return 0x7d;
    case ValKind::f64: return 0x7c;
    case ValKind::v128: return 0x7b;
    case ValKind::i8: return 0x78;
    case ValKind::i16: return 0x77;
    case ValKind::ref:
    case ValKind::bottom: break;
  }
  return 0;
}

void write_types(ByteWriter& out, const std::vector<ValType>& types) {
  out.u64(types.size());
  for (const ValType type : types) write_val_type(out, type);
}

void write_field(ByteWriter& out, const FieldType& field) {
  write_val_type(out, field.storage);
  out.u8(field.is_mutable ? 1 : 0);
}

void write_sub_type(ByteWriter& out, const syntax::SubType& type) {
  if (!type.is_final || type.super) {
    out.u8(type.is_final ? 0x4f : 0x50);
    out.u8(type.super ? 1 : 0);
    if (type.super) out.u32(type.super->value);
  }
  if (const auto* func = type.func()) {
    out.u8(0x60);
    write_types(out, func->params);
    write_types(out, func->results);
  } else if (const auto* structure = type.structure()) {
    out.u8(0x5f);
    out.u64(structure->fields.size());
    for (const FieldType& field : structure->fields) write_field(out, field);
  } else {
    out.u8(0x5e);
    write_field(out, type.array()->element);
  }
}

void write_limits(ByteWriter& out, const syntax::Limits& limits, uint8_t flags) {
  out.u8(uint8_t(flags | (limits.max ? 1 : 0)));
  out.u64(limits.min);
  if (limits.max) out.u64(*limits.max);
}

void write_memory(ByteWriter& out, const syntax::MemoryType& type) {
  const bool is_custom = type.page_size_log2 != syntax::MemoryType::usual_page_size_log2;
  const uint8_t flags = uint8_t((type.is_shared ? 2 : 0) |
                                (type.address == AddressType::i64 ? 4 : 0) | (is_custom ? 8 : 0));
  write_limits(out, type.limits_pages, flags);
  if (is_custom) out.u32(type.page_size_log2);
}

void section(ByteWriter& out, uint8_t id, const ByteWriter& contents) {
  out.u8(id);
  out.sized(contents);
}

void op(ByteWriter& out, syntax::Op id) {
  const syntax::OpInfo& info = syntax::op_info(id);
  if (info.prefix == 0) return out.u8(uint8_t(info.code));
  out.u8(info.prefix);
  out.u32(info.code);
}

constexpr uint64_t edges[] = {0,
                              1,
                              2,
                              3,
                              7,
                              8,
                              31,
                              32,
                              33,
                              63,
                              64,
                              127,
                              128,
                              255,
                              256,
                              32767,
                              32768,
                              65535,
                              65536,
                              0x7fffffff,
                              0x80000000,
                              0xffffffff,
                              0x100000000,
                              0x7fffffffffffffff,
                              0x8000000000000000,
                              0x8000000000000001,
                              uint64_t(-1),
                              uint64_t(-2),
                              uint64_t(-128),
                              uint64_t(-129),
                              uint64_t(-32768),
                              0xaaaaaaaaaaaaaaaa};
constexpr uint32_t f32_edges[] = {
    0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x40200000, 0x00000001,
    0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
    0x7fc00000, 0xffc00000, 0x7fa00001, 0x7fffffff, 0xffc12345, 0x4f000000, 0xcf000000,
    0x4f7fffff, 0x4f800000, 0x5f000000, 0xdf000000, 0x5f7fffff, 0x4b000001, 0x40490fdb};
constexpr uint64_t f64_edges[] = {
    0,
    0x8000000000000000,
    0x3ff0000000000000,
    0xbff0000000000000,
    0x3fe0000000000000,
    0x4004000000000000,
    1,
    0x8000000000000001,
    0x000fffffffffffff,
    0x0010000000000000,
    0x7fefffffffffffff,
    0xffefffffffffffff,
    0x7ff0000000000000,
    0xfff0000000000000,
    0x7ff8000000000000,
    0xfff8000000000000,
    0x7ff4000000000001,
    0x7fffffffffffffff,
    0xfff8123456789abc,
    0x41dfffffffc00000,
    0x41e0000000000000,
    0xc1e0000000200000,
    0x41efffffffe00000,
    0x43e0000000000000,
    0xc3e0000000000000,
    0x43f0000000000000,
    0x380fffffe0000000,
    0x47efffffe0000000,
    0x400921fb54442d18,
};

}  // namespace

void write_heap_type(ByteWriter& out, HeapType heap) {
  if (heap.is_index()) return out.s64(heap.index().value);
  out.u8(heap_code(heap.abstract()));
}

void write_val_type(ByteWriter& out, ValType type) {
  if (!type.is_ref()) return out.u8(kind_code(type.kind()));
  out.u8(type.is_nullable() ? 0x63 : 0x64);
  write_heap_type(out, type.heap());
}

uint64_t interesting_bits(Random& random, ValKind kind) {
  if (random.one_in(5)) return random.next() >> random.below(64);
  if (kind == ValKind::f32) return random.pick(f32_edges);
  if (kind == ValKind::f64) return random.pick(f64_edges);
  return random.pick(edges);
}

void write_const(ByteWriter& out, Random& random, ValType type) {
  const uint64_t bits = interesting_bits(random, type.kind());
  switch (type.kind()) {
    case ValKind::i32: op(out, syntax::Op::i32_const); return out.s64(int32_t(bits));
    case ValKind::i64: op(out, syntax::Op::i64_const); return out.s64(int64_t(bits));
    case ValKind::f32: op(out, syntax::Op::f32_const); return out.fixed(uint32_t(bits));
    case ValKind::f64: op(out, syntax::Op::f64_const); return out.fixed(bits);
    case ValKind::v128: {
      op(out, syntax::Op::v128_const);
      const ValKind lanes = random.pick(numbers);
      const bool is_narrow = lanes == ValKind::i32 || lanes == ValKind::f32;
      for (int i = 0; i < (is_narrow ? 4 : 2); ++i) {
        const uint64_t lane = interesting_bits(random, lanes);
        if (is_narrow) {
          out.fixed(uint32_t(lane));
        } else {
          out.fixed(lane);
        }
      }
      return;
    }
    case ValKind::ref: op(out, syntax::Op::ref_null); return write_heap_type(out, type.heap());
    case ValKind::i8:
    case ValKind::i16:
    case ValKind::bottom: return;
  }
}

Plan::Plan(uint64_t seed) : seed_(seed) {
  Random random(seed * 0x9e3779b97f4a7c15 + 1);
  make_types(random);
  make_funcs(random);
  make_state(random);
  make_segments(random);
}

ValType Plan::ref_type(Random& random, bool may_be_null_only) const {
  const bool is_nullable = may_be_null_only || !random.one_in(3);
  if (aggregates > 0 && random.one_in(2))
    return ValType::ref(is_nullable, HeapType(TypeIdx(uint32_t(random.below(aggregates)))));
  if (random.one_in(10)) return syntax::exnref;
  if (types.size() > aggregates && random.one_in(4)) {
    const size_t index = aggregates + random.below(types.size() - aggregates);
    return ValType::ref(true, HeapType(TypeIdx(uint32_t(index))));
  }
  return ValType::ref(is_nullable, random.pick(heaps));
}

ValType Plan::value_type(Random& random, bool may_be_null_only) const {
  if (random.one_in(5)) return ref_type(random, may_be_null_only);
  return random.pick(numbers);
}

void Plan::make_types(Random& random) {
  const auto count = uint32_t(3 + random.below(5));
  constexpr ValKind storage[] = {ValKind::i8,  ValKind::i16, ValKind::i32, ValKind::i64,
                                 ValKind::f32, ValKind::f64, ValKind::v128};
  const auto field = [&] {
    FieldType type;
    type.storage = random.pick(storage);
    if (random.one_in(3))
      type.storage = random.one_in(2)
                         ? ValType::ref(true, HeapType(TypeIdx(uint32_t(random.below(count)))))
                         : ValType::ref(true, random.pick(heaps));
    type.is_mutable = !random.one_in(4);
    return type;
  };
  for (uint32_t i = 0; i < count; ++i) {
    syntax::SubType type;
    type.is_final = random.one_in(3);
    const uint32_t super = uint32_t(random.below(i + 1));
    // There is one of each.
    if (i == 0 || (i > 1 && random.one_in(3))) {
      type.composite = syntax::ArrayType{field()};
    } else {
      syntax::StructType structure;
      if (super < i && types[super].structure() && !types[super].is_final) {
        structure = *types[super].structure();
        type.super = TypeIdx(super);
      }
      for (size_t more = random.below(5); more > 0; --more) structure.fields.push_back(field());
      type.composite = std::move(structure);
    }
    types.push_back(std::move(type));
  }
  aggregates = count;
}

void Plan::make_funcs(Random& random) {
  const auto some = [&](size_t max) {
    std::vector<ValType> list(random.one_in(4) ? random.below(4 * max) : random.below(max));
    const bool is_plain = random.one_in(3);
    for (ValType& type : list) type = is_plain ? ValType(random.pick(numbers)) : value_type(random);
    return list;
  };
  std::vector<uint32_t> choices{func_type({}, {})};
  for (size_t i = 2 + random.below(5); i > 0; --i) choices.push_back(func_type(some(5), some(4)));
  const size_t count = 2 + random.below(6);
  imported_funcs = uint32_t(random.below(3));
  for (size_t i = 0; i < imported_funcs + count; ++i) {
    uint32_t type = random.pick(choices);
    // A host's function that stands for any type has no vectors.
    const syntax::FuncType& func_type = *types[type].func();
    const bool has_vectors = std::ranges::any_of(func_type.params, &ValType::is_vec) ||
                             std::ranges::any_of(func_type.results, &ValType::is_vec);
    if (i < imported_funcs && has_vectors) type = choices[0];
    funcs.push_back(type);
  }
  for (size_t i = 1 + random.below(3); i > 0; --i) tags.push_back(func_type(some(4), {}));
}

void Plan::make_state(Random& random) {
  for (size_t i = 1 + random.below(3); i > 0; --i) {
    syntax::MemoryType type;
    type.address = random.one_in(4) ? AddressType::i64 : AddressType::i32;
    type.limits_pages.min = random.one_in(8) ? 0 : 1 + random.below(2);
    type.is_shared = random.one_in(6);
    if (type.is_shared || random.one_in(2))
      type.limits_pages.max = type.limits_pages.min + random.below(3);
    if (random.one_in(12)) {
      type.page_size_log2 = 0;
      type.limits_pages = {random.below(5000), 5000 + random.below(5000)};
    }
    memories.push_back(type);
  }
  imports_memory = random.one_in(5);
  for (size_t i = 1 + random.below(3); i > 0; --i) {
    syntax::TableType type;
    type.address = random.one_in(4) ? AddressType::i64 : AddressType::i32;
    type.element = tables.empty() ? syntax::funcref : ref_type(random, true);
    type.limits.min = random.one_in(8) ? 0 : 8 + random.below(8);
    if (random.one_in(2)) type.limits.max = type.limits.min + random.below(8);
    tables.push_back(type);
  }
  globals.push_back({syntax::i32_type, true});
  for (size_t i = 2 + random.below(8); i > 0; --i)
    globals.push_back({value_type(random, true), !random.one_in(5)});
}

void Plan::make_segments(Random& random) {
  ElemPlan all;
  all.type = syntax::funcref;
  all.count = uint32_t(funcs.size());
  all.flags = 3;
  for (uint32_t i = 0; i < funcs.size(); ++i) {
    op(all.items, syntax::Op::ref_func);
    all.items.u32(i);
    op(all.items, syntax::Op::end);
  }
  elems.push_back(all);
  all.flags = 1;
  elems.push_back(all);
  const auto count = uint32_t(random.below(6));
  ElemPlan small{ValType::ref(true, AbstractHeap::i31), count, 1, {}};
  for (uint32_t i = 0; i < count; ++i) {
    write_const(small.items, random, syntax::i32_type);
    op(small.items, syntax::Op::ref_i31);
    op(small.items, syntax::Op::end);
  }
  elems.push_back(std::move(small));
  for (size_t i = 1 + random.below(2); i > 0; --i) {
    std::vector<uint8_t>& bytes = datas.emplace_back(random.below(200));
    for (uint8_t& byte : bytes) byte = random.byte();
  }
}

uint32_t Plan::func_type(const std::vector<ValType>& params, const std::vector<ValType>& results) {
  const syntax::FuncType wanted{params, results};
  for (uint32_t i = aggregates; i < types.size(); ++i) {
    if (*types[i].func() == wanted) return i;
  }
  syntax::SubType type;
  type.composite = wanted;
  types.push_back(std::move(type));
  return uint32_t(types.size() - 1);
}

bool Plan::is_below(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (!sub.is_index()) {
    return !super.is_index() && syntax::is_abstract_subtype(sub.abstract(), super.abstract());
  }
  const syntax::SubType& type = types[sub.index().value];
  if (type.super && is_below(HeapType(*type.super), super)) return true;
  if (super.is_index()) return false;
  const AbstractHeap kind = type.func()        ? AbstractHeap::func
                            : type.structure() ? AbstractHeap::struct_
                                               : AbstractHeap::array;
  return syntax::is_abstract_subtype(kind, super.abstract());
}

bool Plan::matches(ValType sub, ValType super) const {
  if (sub == super) return true;
  if (!sub.is_ref() || !super.is_ref()) return false;
  return (super.is_nullable() || !sub.is_nullable()) && is_below(sub.heap(), super.heap());
}

void Plan::imports_section(ByteWriter& out) const {
  out.u32(imported_funcs + (imports_memory ? 1 : 0));
  for (uint32_t i = 0; i < imported_funcs; ++i) {
    out.sized(std::string_view("m"));
    out.sized("f" + std::to_string(i));
    out.u8(0);
    out.u32(funcs[i]);
  }
  if (!imports_memory) return;
  out.sized(std::string_view("m"));
  out.sized(std::string_view("memory"));
  out.u8(2);
  write_memory(out, memories[0]);
}

void Plan::exports_section(ByteWriter& out) const {
  const auto all = [&](std::string_view prefix, uint8_t kind, size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      out.sized(std::string(prefix) + std::to_string(i));
      out.u8(kind);
      out.u64(i);
    }
  };
  out.u64(funcs.size() - imported_funcs + tables.size() + memories.size() + globals.size());
  all("f", 0, imported_funcs, funcs.size());
  all("t", 1, 0, tables.size());
  all("m", 2, 0, memories.size());
  all("g", 3, 0, globals.size());
}

std::vector<uint8_t> Plan::encode(const std::vector<ByteWriter>& bodies) const {
  ByteWriter out, part;
  out.raw(std::string_view("\0asm\1\0\0\0", 8));
  part.u64(types.size() - aggregates + 1);
  part.u8(0x4e);
  part.u64(aggregates);
  for (const syntax::SubType& type : types) write_sub_type(part, type);
  const auto flush = [&](uint8_t id) {
    section(out, id, part);
    part.clear();
  };
  flush(1);
  imports_section(part);
  flush(2);
  part.u64(funcs.size() - imported_funcs);
  for (size_t i = imported_funcs; i < funcs.size(); ++i) part.u32(funcs[i]);
  flush(3);
  part.u64(tables.size());
  for (const syntax::TableType& type : tables) {
    write_val_type(part, type.element);
    write_limits(part, type.limits, type.address == AddressType::i64 ? 4 : 0);
  }
  flush(4);
  part.u64(memories.size() - (imports_memory ? 1 : 0));
  for (size_t i = imports_memory ? 1 : 0; i < memories.size(); ++i) write_memory(part, memories[i]);
  flush(5);
  part.u64(tags.size());
  for (const uint32_t tag : tags) {
    part.u8(0);
    part.u32(tag);
  }
  flush(13);
  part.u64(globals.size());
  Random random(seed_);
  for (const syntax::GlobalType& type : globals) {
    write_val_type(part, type.value);
    part.u8(type.is_mutable ? 1 : 0);
    write_const(part, random, type.value);
    op(part, syntax::Op::end);
  }
  flush(6);
  exports_section(part);
  flush(7);
  part.u64(elems.size());
  for (const ElemPlan& elem : elems) {
    part.u8(uint8_t(elem.flags | 4));
    write_val_type(part, elem.type);
    part.u32(elem.count);
    part.raw(elem.items.span());
  }
  flush(9);
  part.u64(datas.size());
  flush(12);
  part.u64(bodies.size());
  for (const ByteWriter& body : bodies) part.sized(body);
  flush(10);
  part.u64(datas.size());
  for (const auto& data : datas) {
    part.u8(1);
    part.sized(data);
  }
  flush(11);
  return out.take();
}

}  // namespace waxwing::tests
