// Instructions are compared one by one: their numbers may be encoded in several ways.
#include "roundtrip/compare_modules.h"

#include <algorithm>

#include "binary/instr_reader.h"

namespace waxwing::tests {
namespace {

using binary::Instr;
using syntax::ImmediateKind;
using syntax::Module;

/// What of an instruction its immediate's kind gives a meaning.
bool same_immediate(const Instr& a, const Instr& b, ImmediateKind kind) {
  const bool same_index = a.index == b.index;
  const bool same_indices = same_index && a.index2 == b.index2;
  const bool same_mem_arg =
      same_index && a.align_log2 == b.align_log2 && a.mem_offset == b.mem_offset;
  const auto same_block = [&] {
    if (a.block_type.kind != b.block_type.kind) return false;
    switch (a.block_type.kind) {
      case binary::BlockType::Kind::empty: return true;
      case binary::BlockType::Kind::value: return a.block_type.value == b.block_type.value;
      case binary::BlockType::Kind::index: return a.block_type.index == b.block_type.index;
    }
    return false;
  };
  const auto same_catch = [](const binary::CatchClause& c, const binary::CatchClause& d) {
    const bool has_tag = c.kind == binary::CatchClause::Kind::catch_ ||
                         c.kind == binary::CatchClause::Kind::catch_ref;
    return c.kind == d.kind && c.label == d.label && (!has_tag || c.tag == d.tag);
  };
  switch (kind) {
    case ImmediateKind::none:
    case ImmediateKind::fence: return true;
    case ImmediateKind::block: return same_block();
    case ImmediateKind::try_table:
      return same_block() && std::ranges::equal(a.catches, b.catches, same_catch);
    case ImmediateKind::br_table: return std::ranges::equal(a.labels, b.labels);
    case ImmediateKind::label:
    case ImmediateKind::func:
    case ImmediateKind::type:
    case ImmediateKind::local:
    case ImmediateKind::global:
    case ImmediateKind::table:
    case ImmediateKind::memory:
    case ImmediateKind::data:
    case ImmediateKind::elem:
    case ImmediateKind::tag: return same_index;
    case ImmediateKind::call_indirect:
    case ImmediateKind::field:
    case ImmediateKind::type_count:
    case ImmediateKind::type_data:
    case ImmediateKind::type_elem:
    case ImmediateKind::type_type:
    case ImmediateKind::data_memory:
    case ImmediateKind::elem_table:
    case ImmediateKind::memory_memory:
    case ImmediateKind::table_table: return same_indices;
    case ImmediateKind::mem_arg: return same_mem_arg;
    case ImmediateKind::mem_arg_lane: return same_mem_arg && a.lane == b.lane;
    case ImmediateKind::lane: return a.lane == b.lane;
    case ImmediateKind::shuffle:
    case ImmediateKind::v128: return a.value == b.value;
    case ImmediateKind::i32:
    case ImmediateKind::f32: return a.i32() == b.i32();
    case ImmediateKind::i64:
    case ImmediateKind::f64: return a.i64() == b.i64();
    case ImmediateKind::heap_type: return a.heap == b.heap;
    case ImmediateKind::select_types: return std::ranges::equal(a.types, b.types);
    case ImmediateKind::cast:
      return same_index && a.heap == b.heap && a.heap2 == b.heap2 &&
             a.from_nullable == b.from_nullable && a.to_nullable == b.to_nullable;
  }
  return false;
}

/// Runs of one type side by side are one.
std::vector<syntax::LocalRun> merged(std::span<const syntax::LocalRun> runs) {
  std::vector<syntax::LocalRun> result;
  for (const syntax::LocalRun& run : runs) {
    if (!result.empty() && result.back().type == run.type) {
      result.back().count += run.count;
    } else {
      result.push_back(run);
    }
  }
  return result;
}

std::string body_difference(const Module& left, const Module& right, size_t i) {
  const auto same_run = [](const syntax::LocalRun& a, const syntax::LocalRun& b) {
    return a.count == b.count && a.type == b.type;
  };
  if (!std::ranges::equal(merged(left.locals(left.bodies[i])),
                          merged(right.locals(right.bodies[i])), same_run))
    return "locals";
  const auto reader = [i](const Module& module) {
    const syntax::FuncBody& body = module.bodies[i];
    return binary::InstrReader(module, syntax::FeatureSet::all(), module.code(body), body.offset);
  };
  binary::InstrReader left_reader = reader(left);
  binary::InstrReader right_reader = reader(right);
  Instr a;
  Instr b;
  while (left_reader.next(a)) {
    const std::string place = " at " + std::to_string(a.code_offset);
    if (!right_reader.next(b)) return "the end" + place;
    const syntax::OpInfo& info = syntax::op_info(a.op);
    if (a.op != b.op) return std::string(info.text) + place;
    if (!same_immediate(a, b, info.immediate))
      return std::string(info.text) + "'s immediate" + place;
  }
  return right_reader.next(b) ? "more instructions" : "";
}

bool same_const(const Module& left, const Module& right, syntax::ConstExpr a, syntax::ConstExpr b) {
  return std::ranges::equal(left.instrs(a), right.instrs(b), [](const auto& x, const auto& y) {
    return x.op == y.op && x.index == y.index && x.count == y.count && x.heap == y.heap &&
           x.value == y.value;
  });
}

bool same_type(const syntax::SubType& a, const syntax::SubType& b) {
  return a.is_final == b.is_final && a.super == b.super && a.composite == b.composite;
}

bool same_elem(const Module& left, const Module& right, const syntax::ElemSegment& a,
               const syntax::ElemSegment& b) {
  const auto same_item = [&](syntax::ConstExpr x, syntax::ConstExpr y) {
    return same_const(left, right, x, y);
  };
  return a.mode == b.mode && a.type == b.type && a.table == b.table &&
         std::ranges::equal(a.funcs, b.funcs) && same_const(left, right, a.offset, b.offset) &&
         std::ranges::equal(a.exprs, b.exprs, same_item);
}

bool same_import(const syntax::Import& a, const syntax::Import& b) {
  const auto same = [&](const auto& type) {
    using Type = std::decay_t<decltype(type)>;
    const Type& other = std::get<Type>(b.type);
    if constexpr (std::is_same_v<Type, syntax::TagType>) {
      return type.type == other.type;
    } else {
      return type == other;
    }
  };
  return a.module == b.module && a.name == b.name && a.kind() == b.kind() &&
         std::visit(same, a.type);
}

bool is_compared(const syntax::CustomSection& custom) {
  return custom.name != "name" && custom.name != "metadata.code.branch_hint";
}

std::string customs_difference(const Module& left, const Module& right) {
  std::vector<std::pair<std::string_view, std::string_view>> lists[2];
  for (const syntax::CustomSection& custom : left.customs) {
    if (is_compared(custom)) lists[0].emplace_back(custom.name, base::as_text(custom.bytes));
  }
  for (const syntax::CustomSection& custom : right.customs) {
    if (is_compared(custom)) lists[1].emplace_back(custom.name, base::as_text(custom.bytes));
  }
  return lists[0] == lists[1] ? "" : "custom sections";
}

std::string declarations_difference(const Module& left, const Module& right) {
  const auto same_table = [&](const syntax::Table& a, const syntax::Table& b) {
    return a.type == b.type && a.init.has_value() == b.init.has_value() &&
           (!a.init || same_const(left, right, *a.init, *b.init));
  };
  const auto same_global = [&](const syntax::Global& a, const syntax::Global& b) {
    return a.type == b.type && same_const(left, right, a.init, b.init);
  };
  const auto same_tag = [](syntax::TagType a, syntax::TagType b) { return a.type == b.type; };
  const auto same_export = [](const syntax::Export& a, const syntax::Export& b) {
    return a.name == b.name && a.kind == b.kind && a.index == b.index;
  };
  const auto same_func_name = [&](const syntax::FuncName& a, const syntax::FuncName& b) {
    return a.func == b.func && left.names.of(a) == right.names.of(b);
  };
  const auto same_group = [](syntax::RecGroup a, syntax::RecGroup b) {
    return a.first == b.first && a.count == b.count;
  };
  const auto same_segment = [&](const syntax::ElemSegment& a, const syntax::ElemSegment& b) {
    return same_elem(left, right, a, b);
  };
  const auto same_data = [&](const syntax::DataSegment& a, const syntax::DataSegment& b) {
    return a.mode == b.mode && a.memory == b.memory &&
           same_const(left, right, a.offset, b.offset) && std::ranges::equal(a.bytes, b.bytes);
  };
  if (!std::ranges::equal(left.types, right.types, same_type)) return "types";
  if (!std::ranges::equal(left.rec_groups, right.rec_groups, same_group)) return "groups";
  if (!std::ranges::equal(left.imports, right.imports, same_import)) return "imports";
  if (!std::ranges::equal(left.funcs, right.funcs)) return "functions";
  if (!std::ranges::equal(left.tables, right.tables, same_table)) return "tables";
  if (!std::ranges::equal(left.memories, right.memories)) return "memories";
  if (!std::ranges::equal(left.globals, right.globals, same_global)) return "globals";
  if (!std::ranges::equal(left.tags, right.tags, same_tag)) return "tags";
  if (!std::ranges::equal(left.exports, right.exports, same_export)) return "exports";
  if (left.start != right.start) return "start";
  if (!std::ranges::equal(left.elems, right.elems, same_segment)) return "element segments";
  if (!std::ranges::equal(left.datas, right.datas, same_data)) return "data segments";
  if (left.names.module != right.names.module) return "the module's name";
  if (!std::ranges::equal(left.names.funcs, right.names.funcs, same_func_name)) return "names";
  return customs_difference(left, right);
}

}  // namespace

std::string difference(const Module& left, const Module& right) {
  if (std::string found = declarations_difference(left, right); !found.empty()) return found;
  if (left.bodies.size() != right.bodies.size()) return "bodies";
  for (size_t i = 0; i < left.bodies.size(); ++i) {
    const std::string found = body_difference(left, right, i);
    if (!found.empty()) return "function " + std::to_string(left.imported_funcs + i) + ": " + found;
  }
  return {};
}

}  // namespace waxwing::tests
