// The rules for each kind of declaration, one function a section.
#include "validate/declaration_validator.h"

#include <algorithm>

#include "syntax/limits.h"
#include "syntax/subtyping.h"
#include "validate/type_validator.h"

namespace waxwing::validate {

using base::ErrorCode;
using base::Result;
using syntax::AddressType;
using syntax::ExternKind;
using syntax::SegmentMode;

namespace {

/// What limits must keep to, and how errors call their owner.
struct LimitsRule {
  uint64_t most;
  ErrorCode beyond;  // where a limit is above `most`
  std::string_view unit;
  std::string owner;
  uint64_t offset = base::Error::no_offset;
};

Result<> check_limits(const syntax::Limits& limits, const LimitsRule& rule) {
  const uint64_t largest = std::max(limits.min, limits.max.value_or(0));
  if (largest > rule.most) {
    return base::fail(rule.beyond,
                      std::string("must be at most ")
                          .append(std::to_string(rule.most))
                          .append(rule.unit)
                          .append(", not ")
                          .append(std::to_string(largest))
                          .append("; in ")
                          .append(rule.owner),
                      rule.offset);
  }
  if (limits.max && *limits.max < limits.min) {
    return base::fail(
        ErrorCode::min_greater_than_max,
        std::to_string(limits.min) + " > " + std::to_string(*limits.max) + "; in " + rule.owner,
        rule.offset);
  }
  return {};
}

Result<> check_memory(const syntax::MemoryType& type, const std::string& owner, uint64_t offset) {
  const bool is_usual = type.page_size_log2 == syntax::MemoryType::usual_page_size_log2;
  if (!is_usual && type.page_size_log2 != 0) {
    return base::fail(ErrorCode::page_size,
                      "a page has 1 byte or 65536, not " +
                          std::to_string(uint64_t(1) << type.page_size_log2) + "; in " + owner,
                      offset);
  }
  const bool is_32 = type.address == AddressType::i32;
  TRY(check_limits(type.limits_pages, {.most = syntax::max_pages(type),
                                       .beyond = ErrorCode::memory_size,
                                       .unit = !is_usual ? " pages of 1 byte"
                                               : is_32   ? " pages (4GiB)"
                                                         : " pages",
                                       .owner = owner,
                                       .offset = offset}));
  if (type.is_shared && !type.limits_pages.max) {
    return base::fail(ErrorCode::shared_memory_needs_max, owner, offset);
  }
  return {};
}

Result<> check_table(const syntax::TableType& type, std::string owner, uint64_t offset) {
  return check_limits(type.limits,
                      {.most = type.address == AddressType::i32 ? UINT32_MAX : UINT64_MAX,
                       .beyond = ErrorCode::table_size,
                       .unit = " elements",
                       .owner = std::move(owner),
                       .offset = offset});
}

std::string out_of(uint32_t index, size_t count) {
  return std::to_string(index) + " (the module has " + std::to_string(count) + ")";
}

}  // namespace

Result<> DeclarationValidator::run() {
  TRY(validate_types(module_, context_.stop));
  TRY(base::go_on(context_.stop));
  TRY(imports());
  TRY(tables());
  TRY(memories());
  TRY(globals());
  for (uint32_t i = module_.imported_tags; i < module_.tags.size(); ++i) {
    TRY(tag(module_.tags[syntax::TagIdx(i)], base::Error::no_offset));
  }
  TRY(exports());
  TRY(start());
  TRY(elems());
  return datas();
}

Result<> DeclarationValidator::imports() {
  for (const syntax::Import& import : module_.imports) {
    if (Result<> result = import_type(import); !result) {
      result.error().detail.append("; imported as \"").append(import.module).append("\" \"");
      result.error().detail.append(import.name).append("\"");
      return result;
    }
  }
  return {};
}

Result<> DeclarationValidator::import_type(const syntax::Import& import) {
  if (const auto* table = std::get_if<syntax::TableType>(&import.type)) {
    return check_table(*table, "a table", import.offset);
  }
  if (const auto* memory = std::get_if<syntax::MemoryType>(&import.type)) {
    return check_memory(*memory, "a memory", import.offset);
  }
  if (const auto* type = std::get_if<syntax::TagType>(&import.type)) {
    return tag(*type, import.offset);
  }
  return {};
}

Result<> DeclarationValidator::tag(const syntax::TagType& type, uint64_t offset) {
  const syntax::FuncType& func = *module_.types[type.type].func();
  if (func.results.empty()) return {};
  return base::fail(ErrorCode::tag_result, to_string(func.results), offset);
}

Result<> DeclarationValidator::tables() {
  for (uint32_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
    const syntax::Table& table = module_.tables[syntax::TableIdx(i)];
    const std::string owner = "table " + std::to_string(i);
    TRY(check_table(table.type, owner, base::Error::no_offset));
    if (table.init) {
      TRY(const_exprs_.validate(*table.init, {.owner = "table",
                                              .index = i,
                                              .type = table.type.element,
                                              .visible_globals = module_.imported_globals}));
    } else if (!table.type.element.is_defaultable()) {
      return base::fail(ErrorCode::type_mismatch,
                        owner + " of " + to_string(table.type.element) + " needs an initial value");
    }
  }
  return {};
}

Result<> DeclarationValidator::memories() {
  for (uint32_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
    TRY(check_memory(module_.memories[syntax::MemIdx(i)], "memory " + std::to_string(i),
                     base::Error::no_offset));
  }
  return {};
}

Result<> DeclarationValidator::globals() {
  for (uint32_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
    TRY(base::go_on(context_.stop));
    const syntax::Global& global = module_.globals[syntax::GlobalIdx(i)];
    TRY(const_exprs_.validate(
        global.init,
        {.owner = "global", .index = i, .type = global.type.value, .visible_globals = i}));
  }
  return {};
}

Result<> DeclarationValidator::export_index(const syntax::Export& item) {
  const auto check = [&](size_t count, ErrorCode code) -> Result<> {
    if (item.index < count) return {};
    return base::fail(
        code, out_of(item.index, count).append("; exported as \"").append(item.name).append("\""));
  };
  switch (item.kind) {
    case ExternKind::func: return check(module_.funcs.size(), ErrorCode::unknown_function);
    case ExternKind::table: return check(module_.tables.size(), ErrorCode::unknown_table);
    case ExternKind::memory: return check(module_.memories.size(), ErrorCode::unknown_memory);
    case ExternKind::global: return check(module_.globals.size(), ErrorCode::unknown_global);
    case ExternKind::tag: return check(module_.tags.size(), ErrorCode::unknown_tag);
  }
  return {};
}

// Equal names are found by sorting: no choice of names makes that slow.
Result<> DeclarationValidator::exports() {
  std::vector<std::string_view> names;
  names.reserve(module_.exports.size());
  for (const syntax::Export& item : module_.exports) {
    TRY(export_index(item));
    names.push_back(item.name);
  }
  std::ranges::sort(names, [](std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  const auto twin = std::ranges::adjacent_find(names);
  if (twin == names.end()) return {};
  return base::fail(ErrorCode::duplicate_export, std::string("\"").append(*twin).append("\""));
}

Result<> DeclarationValidator::start() {
  if (!module_.start) return {};
  if (!module_.funcs.contains(*module_.start)) {
    return base::fail(ErrorCode::unknown_function,
                      out_of(module_.start->value, module_.funcs.size()) + "; as start");
  }
  const syntax::FuncType& type = module_.func_type(*module_.start);
  if (type.params.empty() && type.results.empty()) return {};
  return base::fail(ErrorCode::start_function,
                    std::to_string(module_.start->value) +
                        " must have neither parameters nor results, but has " + to_string(type));
}

Result<> DeclarationValidator::elems() {
  for (uint32_t i = 0; i < module_.elems.size(); ++i) TRY(elem(i));
  return {};
}

Result<> DeclarationValidator::elem(uint32_t index) {
  TRY(base::go_on(context_.stop));
  const syntax::ElemSegment& segment = module_.elems[syntax::ElemIdx(index)];
  if (segment.mode == SegmentMode::active) {
    if (!module_.tables.contains(segment.table)) {
      return base::fail(ErrorCode::unknown_table,
                        out_of(segment.table.value, module_.tables.size()) +
                            "; in element segment " + std::to_string(index),
                        segment.module_offset);
    }
    const syntax::TableType& table = module_.tables[segment.table].type;
    if (!is_subtype(module_, segment.type, table.element)) {
      return base::fail(ErrorCode::type_mismatch,
                        "element segment " + std::to_string(index) + " of " +
                            to_string(segment.type) + " for a table of " + to_string(table.element),
                        segment.module_offset);
    }
    TRY(const_exprs_.validate(segment.offset,
                              {.owner = "the offset of element segment",
                               .index = index,
                               .offset = segment.module_offset,
                               .type = value_type(table.address),
                               .visible_globals = uint32_t(module_.globals.size())}));
  }
  return elem_items(segment, index);
}

Result<> DeclarationValidator::elem_items(const syntax::ElemSegment& segment, uint32_t index) {
  for (syntax::FuncIdx func : segment.funcs) {
    if (module_.funcs.contains(func)) continue;
    return base::fail(
        ErrorCode::unknown_function,
        out_of(func.value, module_.funcs.size()) + "; in element segment " + std::to_string(index),
        segment.module_offset);
  }
  for (syntax::ConstExpr expr : segment.exprs) {
    TRY(base::go_on(context_.stop));
    TRY(const_exprs_.validate(expr, {.owner = "element segment",
                                     .index = index,
                                     .offset = segment.module_offset,
                                     .type = segment.type,
                                     .visible_globals = uint32_t(module_.globals.size())}));
  }
  return {};
}

Result<> DeclarationValidator::datas() {
  for (uint32_t i = 0; i < module_.datas.size(); ++i) TRY(data(i));
  return {};
}

Result<> DeclarationValidator::data(uint32_t index) {
  TRY(base::go_on(context_.stop));
  const syntax::DataSegment& segment = module_.datas[syntax::DataIdx(index)];
  if (segment.mode != SegmentMode::active) return {};
  if (!module_.memories.contains(segment.memory)) {
    return base::fail(ErrorCode::unknown_memory,
                      out_of(segment.memory.value, module_.memories.size()) + "; in data segment " +
                          std::to_string(index),
                      segment.module_offset);
  }
  const AddressType address = module_.memories[segment.memory].address;
  return const_exprs_.validate(segment.offset,
                               {.owner = "the offset of data segment",
                                .index = index,
                                .offset = segment.module_offset,
                                .type = value_type(address),
                                .visible_globals = uint32_t(module_.globals.size())});
}

}  // namespace waxwing::validate
