// See module_check.h.
#include "image/module_check.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <variant>
#include <vector>

#include "syntax/limits.h"
#include "syntax/opcode_table.h"

namespace waxwing::image {
namespace {

using syntax::AbstractHeap;
using syntax::ConstExpr;
using syntax::ConstInstr;
using syntax::ExternKind;
using syntax::HeapType;
using syntax::Module;
using syntax::Op;
using syntax::SegmentMode;
using syntax::TypeIdx;
using syntax::ValKind;
using syntax::ValType;

class ModuleCheck {
 public:
  explicit ModuleCheck(const Module& module) : module_(module) {}

  std::string_view run() {
    if (!has_types()) return "types";
    if (!std::ranges::all_of(module_.funcs, [this](TypeIdx type) { return is_func_type(type); }))
      return "functions";
    if (!std::ranges::all_of(module_.tags, [this](auto tag) { return is_func_type(tag.type); }))
      return "tags";
    if (!std::ranges::all_of(module_.memories, is_memory)) return "memories";
    if (!has_tables()) return "tables";
    if (!has_globals()) return "globals";
    if (!has_imports()) return "imports";
    if (!std::ranges::all_of(module_.exports, [this](const auto& item) {
          return item.index < count_of(item.kind);
        })) {
      return "exports";
    }
    if (module_.start && !is_start(*module_.start)) return "start";
    if (!std::ranges::all_of(module_.elems, [this](const auto& one) { return is_elem(one); }))
      return "element segments";
    if (!std::ranges::all_of(module_.datas, [this](const auto& one) { return is_data(one); }))
      return "data segments";
    return {};
  }

 private:
  /// A type of values or, where `is_storage`, of fields. Indices are below `type_end`.
  bool is_type(ValType type, size_t type_end, bool is_storage = false) const {
    if (!type.is_ref()) {
      return type.bits() == ValType(type.kind()).bits() &&
             type.kind() <= (is_storage ? ValKind::i16 : ValKind::v128);
    }
    return is_heap_type(type.heap(), type_end) &&
           type == ValType::ref(type.is_nullable(), type.heap());
  }
  bool is_type(ValType type) const { return is_type(type, module_.types.size()); }
  static bool is_heap_type(HeapType heap, size_t type_end) {
    if (heap.is_index()) return heap.index().value < type_end;
    return heap.bits() < static_cast<uint32_t>(AbstractHeap::bottom);
  }

  bool has_types() {
    const size_t count = module_.types.size();
    if (count > syntax::max_types || module_.canonical_types.size() != count) return false;
    depths_.resize(count);
    group_sizes_.resize(count);
    size_t begin = 0;
    for (const syntax::RecGroup& group : module_.rec_groups) {
      if (group.first.value != begin || group.count > count - begin) return false;
      if (!is_group(group)) return false;
      const size_t end = begin + group.count;
      for (; begin < end; ++begin) {
        if (!is_defined_type(TypeIdx(begin), end)) return false;
      }
    }
    return begin == count;
  }

  /// It is equal to an earlier group as a whole, or to none.
  bool is_group(const syntax::RecGroup& group) {
    const uint32_t begin = group.first.value;
    if (group.count == 0) return false;
    group_sizes_[begin] = group.count;
    const TypeIdx canonical = module_.canonical_types[group.first];
    if (canonical > group.first || group_sizes_[canonical.value] != group.count) return false;
    for (uint32_t i = 0; i < group.count; ++i) {
      if (module_.canonical_types[TypeIdx(begin + i)] != TypeIdx(canonical.value + i)) return false;
    }
    return true;
  }

  bool is_defined_type(TypeIdx index, size_t group_end) {
    const syntax::SubType& type = module_.types[index];
    const TypeIdx canonical = module_.canonical_types[index];
    if (canonical > index || module_.canonical_types[canonical] != canonical) return false;
    if (module_.types[canonical].composite.index() != type.composite.index()) return false;
    if (type.super) {
      if (*type.super >= index) return false;
      if (module_.types[*type.super].composite.index() != type.composite.index()) return false;
      const uint8_t depth = depths_[type.super->value];
      if (depth >= syntax::max_subtyping_depth) return false;
      depths_[index.value] = static_cast<uint8_t>(depth + 1);
    }
    if (depths_[canonical.value] != depths_[index.value]) return false;
    const auto is_value = [&](ValType value) { return is_type(value, group_end); };
    const auto is_field = [&](const syntax::FieldType& field) {
      return is_type(field.storage, group_end, true);
    };
    if (const auto* const func = type.func()) {
      return func->params.size() <= syntax::max_params &&
             func->results.size() <= syntax::max_results &&
             std::ranges::all_of(func->params, is_value) &&
             std::ranges::all_of(func->results, is_value);
    }
    if (const auto* const structure = type.structure()) {
      return structure->fields.size() <= syntax::max_struct_fields &&
             std::ranges::all_of(structure->fields, is_field);
    }
    return is_field(type.array()->element);
  }

  bool is_func_type(TypeIdx type) const {
    return module_.types.contains(type) && module_.types[type].func() != nullptr;
  }

  static bool is_limits(const syntax::Limits& limits, uint64_t most) {
    return limits.min <= most &&
           (!limits.max || (limits.min <= *limits.max && *limits.max <= most));
  }
  static bool is_memory(const syntax::MemoryType& type) {
    return (type.page_size_log2 == 0 ||
            type.page_size_log2 == syntax::MemoryType::usual_page_size_log2) &&
           is_limits(type.limits_pages, syntax::max_pages(type));
  }
  bool is_table_type(const syntax::TableType& type) const {
    const bool is_narrow = type.address == syntax::AddressType::i32;
    return type.element.is_ref() && is_type(type.element) &&
           is_limits(type.limits, is_narrow ? UINT32_MAX : UINT64_MAX);
  }

  bool has_tables() const {
    return std::ranges::all_of(module_.tables, [this](const syntax::Table& table) {
      return is_table_type(table.type) && (!table.init || is_expr(*table.init));
    });
  }

  bool has_globals() const {
    if (module_.imported_globals > module_.globals.size()) return false;
    for (uint32_t i = 0; i < module_.globals.size(); ++i) {
      const syntax::Global& global = module_.globals[syntax::GlobalIdx(i)];
      if (!is_type(global.type.value)) return false;
      if (i >= module_.imported_globals && !is_expr(global.init)) return false;
    }
    return true;
  }

  /// Imports are the first of their index spaces, in their order.
  bool has_imports() const {
    std::array<uint32_t, std::variant_size_v<decltype(syntax::Import::type)>> counts = {};
    for (const syntax::Import& import : module_.imports) {
      if (!is_import(import, counts[import.type.index()]++)) return false;
    }
    return counts == std::array{module_.imported_funcs, module_.imported_tables,
                                module_.imported_memories, module_.imported_globals,
                                module_.imported_tags};
  }
  /// Whether `import` is what its index space has at `index`.
  bool is_import(const syntax::Import& import, uint32_t index) const {
    if (index >= count_of(import.kind())) return false;
    switch (import.kind()) {
      case ExternKind::func:
        return std::get<TypeIdx>(import.type) == module_.funcs[syntax::FuncIdx(index)];
      case ExternKind::table:
        return std::get<syntax::TableType>(import.type) ==
               module_.tables[syntax::TableIdx(index)].type;
      case ExternKind::memory:
        return std::get<syntax::MemoryType>(import.type) == module_.memories[syntax::MemIdx(index)];
      case ExternKind::global:
        return std::get<syntax::GlobalType>(import.type) ==
               module_.globals[syntax::GlobalIdx(index)].type;
      case ExternKind::tag:
        return std::get<syntax::TagType>(import.type).type ==
               module_.tags[syntax::TagIdx(index)].type;
    }
    return false;
  }

  size_t count_of(ExternKind kind) const {
    switch (kind) {
      case ExternKind::func: return module_.funcs.size();
      case ExternKind::table: return module_.tables.size();
      case ExternKind::memory: return module_.memories.size();
      case ExternKind::global: return module_.globals.size();
      case ExternKind::tag: return module_.tags.size();
    }
    return 0;
  }

  bool is_start(syntax::FuncIdx func) const {
    if (!module_.funcs.contains(func)) return false;
    const syntax::FuncType& type = module_.func_type(func);
    return type.params.empty() && type.results.empty();
  }

  bool is_elem(const syntax::ElemSegment& segment) const {
    if (!segment.type.is_ref() || !is_type(segment.type)) return false;
    if (segment.mode == SegmentMode::active &&
        (!module_.tables.contains(segment.table) || !is_expr(segment.offset))) {
      return false;
    }
    return std::ranges::all_of(segment.funcs,
                               [this](auto func) { return module_.funcs.contains(func); }) &&
           std::ranges::all_of(segment.exprs, [this](ConstExpr expr) { return is_expr(expr); });
  }
  bool is_data(const syntax::DataSegment& segment) const {
    return segment.mode != SegmentMode::active ||
           (module_.memories.contains(segment.memory) && is_expr(segment.offset));
  }

  /// Whether `expr` leaves one value, and no instruction lacks an operand.
  bool is_expr(ConstExpr expr) const {
    const size_t size = module_.const_instrs.size();
    if (expr.first > size || expr.count > size - expr.first) return false;
    uint64_t depth = 0;
    for (const ConstInstr& instr : module_.instrs(expr)) {
      const std::optional<uint64_t> operands = operands_of(instr);
      if (!operands || *operands > depth) return false;
      depth += 1 - *operands;
    }
    return depth == 1;
  }

  /// How many operands the instruction takes; nothing where it is none that has one result and
  /// that a constant expression may have.
  std::optional<uint64_t> operands_of(const ConstInstr& instr) const {
    const auto is_one_of = [&](std::initializer_list<Op> ops) {
      return std::ranges::find(ops, instr.op) != ops.end();
    };
    const auto where = [](bool is_right, uint64_t count) {
      return is_right ? std::optional(count) : std::nullopt;
    };
    const auto type = [&]() -> const syntax::SubType* {
      const TypeIdx index(instr.index);
      return module_.types.contains(index) ? &module_.types[index] : nullptr;
    };
    if (is_one_of({Op::i32_const, Op::i64_const, Op::f32_const, Op::f64_const, Op::v128_const,
                   Op::i32_add, Op::i32_sub, Op::i32_mul, Op::i64_add, Op::i64_sub, Op::i64_mul})) {
      return syntax::op_info(instr.op).signature.param_count;
    }
    if (is_one_of({Op::ref_i31, Op::any_convert_extern, Op::extern_convert_any})) return 1;
    if (instr.op == Op::ref_func)
      return where(module_.funcs.contains(syntax::FuncIdx(instr.index)), 0);
    if (instr.op == Op::global_get)
      return where(module_.globals.contains(syntax::GlobalIdx(instr.index)), 0);
    if (instr.op == Op::ref_null) return where(is_heap_type(instr.heap, module_.types.size()), 0);
    if (is_one_of({Op::struct_new, Op::struct_new_default})) {
      const auto* const structure = type() ? type()->structure() : nullptr;
      if (!structure) return std::nullopt;
      return instr.op == Op::struct_new ? structure->fields.size() : 0;
    }
    if (is_one_of({Op::array_new, Op::array_new_default, Op::array_new_fixed})) {
      if (!type() || !type()->array()) return std::nullopt;
      if (instr.op == Op::array_new_fixed) return instr.count;
      return instr.op == Op::array_new ? 2 : 1;
    }
    return std::nullopt;
  }

  const Module& module_;
  std::vector<uint8_t> depths_;        // of supertypes, by type
  std::vector<uint32_t> group_sizes_;  // by the first type of each group; else 0
};

}  // namespace

std::string_view structure_fault(const Module& module) { return ModuleCheck(module).run(); }

}  // namespace waxwing::image
