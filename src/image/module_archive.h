// Which fields of a module an image holds, in which order: one description for writing and for
// reading. `M` is the archive; items are constant where it writes.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "image/archive.h"
#include "syntax/data_extents.h"
#include "syntax/limits.h"

namespace waxwing::image {

/// Where in the section `memory` a part of a memory is.
struct PartPlace {
  syntax::MemIdx memory;
  uint64_t offset = 0;  // in the memory
  uint64_t begin = 0;   // in the section
  uint64_t size_bytes = 0;
};

/// What the archive of a module says besides the module.
struct ModuleFacts {
  bool has_bodies = false;
  bool has_code = false;
  bool relies_on_guards = true;
  bool has_counters = false;
  abi::BasicCodeStubs<uint32_t> stubs = {};  // its lists are the numbers of their items
  std::vector<PartPlace> parts;
  base::ByteSpan code_bytes;  // see Module
  uint64_t code_offset = 0;
};

template <typename A>
void describe_index(A& a, auto& index) {
  a.number(index.value);
}

template <typename A>
void describe_value_type(A& a, auto& type) {
  uint32_t bits = type.bits();
  a.number(bits);
  if constexpr (A::reads) type = syntax::ValType::from_bits(bits);
}

template <typename A>
void describe_heap_type(A& a, auto& type) {
  uint32_t bits = type.bits();
  a.number(bits);
  if constexpr (A::reads) type = syntax::HeapType::from_bits(bits);
}

template <typename A>
void describe_value_types(A& a, auto& types) {
  a.list(types, 4, [](A& archive, auto& type) { describe_value_type(archive, type); });
}

template <typename A>
void describe_field(A& a, auto& field) {
  describe_value_type(a, field.storage);
  a.flag(field.is_mutable);
}

template <typename A>
void describe_composite(A& a, auto& composite) {
  enum class Kind : uint8_t { func, structure, array };
  auto kind = static_cast<Kind>(composite.index());
  a.choice(kind, Kind::array);
  if constexpr (A::reads) {
    if (kind == Kind::structure) composite.template emplace<syntax::StructType>();
    if (kind == Kind::array) composite.template emplace<syntax::ArrayType>();
  }
  if (auto* const func = std::get_if<syntax::FuncType>(&composite)) {
    describe_value_types(a, func->params);
    describe_value_types(a, func->results);
  } else if (auto* const structure = std::get_if<syntax::StructType>(&composite)) {
    a.list(structure->fields, 5, [](A& archive, auto& field) { describe_field(archive, field); });
  } else if (auto* const array = std::get_if<syntax::ArrayType>(&composite)) {
    describe_field(a, array->element);
  }
}

template <typename A>
void describe_types(A& a, auto& module) {
  a.list(module.types, 7, [](A& archive, auto& type) {
    archive.flag(type.is_final);
    archive.maybe(type.super, [](A& inner, auto& super) { describe_index(inner, super); });
    describe_composite(archive, type.composite);
  });
  a.list(module.rec_groups, 8, [](A& archive, auto& group) {
    describe_index(archive, group.first);
    archive.number(group.count);
  });
  a.list(module.canonical_types, 4, [](A& archive, auto& type) { describe_index(archive, type); });
}

template <typename A>
void describe_limits(A& a, auto& limits) {
  a.number(limits.min);
  a.maybe(limits.max, [](A& archive, auto& max) { archive.number(max); });
}

template <typename A>
void describe_table_type(A& a, auto& type) {
  describe_value_type(a, type.element);
  describe_limits(a, type.limits);
  a.choice(type.address, syntax::AddressType::i64);
}

template <typename A>
void describe_memory_type(A& a, auto& type) {
  describe_limits(a, type.limits_pages);
  a.choice(type.address, syntax::AddressType::i64);
  a.flag(type.is_shared);
  a.number(type.page_size_log2);
}

template <typename A>
void describe_global_type(A& a, auto& type) {
  describe_value_type(a, type.value);
  a.flag(type.is_mutable);
}

template <typename A>
void describe_const_expr(A& a, auto& expr) {
  a.number(expr.first);
  a.number(expr.count);
}

template <typename A>
void describe_import(A& a, auto& import) {
  using syntax::ExternKind;
  a.text(import.module);
  a.text(import.name);
  auto kind = static_cast<ExternKind>(import.type.index());
  a.choice(kind, ExternKind::tag);
  if constexpr (A::reads) {
    if (kind == ExternKind::table) import.type = syntax::TableType();
    if (kind == ExternKind::memory) import.type = syntax::MemoryType();
    if (kind == ExternKind::global) import.type = syntax::GlobalType();
    if (kind == ExternKind::tag) import.type = syntax::TagType();
  }
  if (auto* const func = std::get_if<syntax::TypeIdx>(&import.type)) describe_index(a, *func);
  if (auto* const table = std::get_if<syntax::TableType>(&import.type))
    describe_table_type(a, *table);
  if (auto* const memory = std::get_if<syntax::MemoryType>(&import.type))
    describe_memory_type(a, *memory);
  if (auto* const global = std::get_if<syntax::GlobalType>(&import.type))
    describe_global_type(a, *global);
  if (auto* const tag = std::get_if<syntax::TagType>(&import.type)) describe_index(a, tag->type);
  a.number(import.offset);
}

template <typename A>
void describe_index_spaces(A& a, auto& module) {
  a.list(module.imports, 21, [](A& archive, auto& item) { describe_import(archive, item); });
  a.list(module.tables, 15, [](A& archive, auto& table) {
    describe_table_type(archive, table.type);
    archive.maybe(table.init, [](A& inner, auto& init) { describe_const_expr(inner, init); });
  });
  a.list(module.memories, 12, [](A& archive, auto& type) { describe_memory_type(archive, type); });
  a.list(module.globals, 13, [](A& archive, auto& global) {
    describe_global_type(archive, global.type);
    describe_const_expr(archive, global.init);
  });
  a.list(module.tags, 4, [](A& archive, auto& tag) { describe_index(archive, tag.type); });
  a.number(module.imported_funcs);
  a.number(module.imported_tables);
  a.number(module.imported_memories);
  a.number(module.imported_globals);
  a.number(module.imported_tags);
  a.list(module.exports, 9, [](A& archive, auto& item) {
    archive.text(item.name);
    archive.choice(item.kind, syntax::ExternKind::tag);
    archive.number(item.index);
  });
  a.maybe(module.start, [](A& archive, auto& func) { describe_index(archive, func); });
}

template <typename A>
void describe_elem(A& a, auto& segment) {
  a.choice(segment.mode, syntax::SegmentMode::declarative);
  describe_value_type(a, segment.type);
  describe_index(a, segment.table);
  describe_const_expr(a, segment.offset);
  a.elem_funcs(segment.funcs);
  a.list(segment.exprs, 8, [](A& archive, auto& expr) { describe_const_expr(archive, expr); });
  a.number(segment.module_offset);
}

template <typename A>
void describe_data(A& a, auto& segment) {
  a.choice(segment.mode, syntax::SegmentMode::passive);
  describe_index(a, segment.memory);
  describe_const_expr(a, segment.offset);
  a.content(segment.bytes);
  a.number(segment.module_offset);
}

template <typename A>
void describe_const_instr(A& a, auto& instr) {
  auto op = static_cast<uint16_t>(instr.op);
  a.number(op);
  if constexpr (A::reads) instr.op = static_cast<syntax::Op>(op);
  a.number(instr.index);
  a.number(instr.count);
  describe_heap_type(a, instr.heap);
  for (auto& byte : instr.value.bytes) a.number(byte);
  a.number(instr.offset);
}

template <typename A>
void describe_segments(A& a, auto& module) {
  a.list(module.elems, 33, [](A& archive, auto& segment) { describe_elem(archive, segment); });
  a.list(module.datas, 38, [](A& archive, auto& segment) { describe_data(archive, segment); });
  a.maybe(module.data_count, [](A& archive, auto& count) { archive.number(count); });
  a.list(module.const_instrs, 38,
         [](A& archive, auto& instr) { describe_const_instr(archive, instr); });
}

template <typename A>
void describe_names(A& a, auto& module) {
  a.list(module.customs, 42, [](A& archive, auto& custom) {
    archive.content(custom.name);
    archive.content(custom.bytes);
    archive.number(custom.offset);
  });
  a.content(module.names.module);
  a.content(module.names.text);
}

template <typename A>
void describe_code(A& a, auto& facts) {
  a.flag(facts.has_bodies);
  a.flag(facts.has_code);
  a.flag(facts.relies_on_guards);
  a.flag(facts.has_counters);
  auto& stubs = facts.stubs;
  for (auto* const number :
       {&stubs.enter_end, &stubs.enter_direct, &stubs.fault, &stubs.leave, &stubs.restore,
        &stubs.restore_end, &stubs.enter, &stubs.foreign, &stubs.builtins, &stubs.traps,
        &stubs.tail_foreign, &stubs.check_type}) {
    a.number(*number);
  }
}

/// All fields but those that have sections of their own.
template <typename A>
void describe_module(A& a, auto& module, auto& facts) {
  describe_code(a, facts);
  uint32_t features = module.features_used.bits();
  a.number(features);
  if constexpr (A::reads) module.features_used = syntax::FeatureSet::from_bits(features);
  describe_types(a, module);
  describe_index_spaces(a, module);
  describe_segments(a, module);
  describe_names(a, module);
  a.content(facts.code_bytes);
  a.number(facts.code_offset);
  a.list(facts.parts, 28, [](A& archive, auto& part) {
    describe_index(archive, part.memory);
    archive.number(part.offset);
    archive.number(part.begin);
    archive.number(part.size_bytes);
  });
}

}  // namespace waxwing::image
