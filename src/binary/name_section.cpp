// The subsections for the module's and the functions' names; the others are skipped.
#include "binary/name_section.h"

#include "base/utf8.h"
#include "binary/reader.h"

namespace waxwing::binary {
namespace {

constexpr uint8_t module_names = 0;
constexpr uint8_t func_names = 1;

void decode_module_name(base::ByteSpan contents, syntax::Module& module) {
  Reader reader(contents);
  const std::string_view name = reader.name();
  if (reader.ok()) module.names.module = name;
}

void decode_func_names(base::ByteSpan contents, syntax::Module& module,
                       const base::StopFlag* stop) {
  Reader reader(contents);
  base::FlatVector<syntax::FuncName>& names = module.names.funcs;
  const auto* const text_begin = reinterpret_cast<const uint8_t*>(module.names.text.data());
  const uint32_t count = reader.count();
  for (uint32_t i = 0; i < count && !base::is_stopped(stop); ++i) {
    const syntax::FuncIdx func(reader.u32());
    const base::ByteSpan text = reader.bytes(reader.length());
    if (!reader.ok()) return;
    const bool is_next = names.empty() || names.back().func < func;
    if (is_next && module.funcs.contains(func) && base::is_utf8(text)) {
      names.push_back(
          {func, uint32_t(text.data() - text_begin), static_cast<uint32_t>(text.size())});
    }
  }
}

void read_name_map(Reader& reader, uint32_t outer, size_t index_count,
                   std::vector<IndexedName>& names) {
  const uint32_t count = reader.count();
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t index = reader.u32();
    const base::ByteSpan text = reader.bytes(reader.length());
    if (!reader.ok()) return;
    const bool is_next = names.empty() || names.back().outer < outer ||
                         (names.back().outer == outer && names.back().index < index);
    if (is_next && index < index_count && base::is_utf8(text))
      names.push_back({outer, index, base::as_text(text)});
  }
}

void read_indirect_name_map(Reader& reader, size_t outer_count, std::vector<IndexedName>& names) {
  const uint32_t count = reader.count();
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t outer = reader.u32();
    if (outer >= outer_count) return;
    if (reader.ok()) read_name_map(reader, outer, SIZE_MAX, names);
  }
}

bool is_indirect(NameKind kind) {
  return kind == NameKind::local || kind == NameKind::label || kind == NameKind::field;
}

/// How many things of `kind` there are; of an indirect one, how many things they are in.
size_t index_count(const syntax::Module& module, NameKind kind) {
  switch (kind) {
    case NameKind::module: return 0;
    case NameKind::func:
    case NameKind::local:
    case NameKind::label: return module.funcs.size();
    case NameKind::type:
    case NameKind::field: return module.types.size();
    case NameKind::table: return module.tables.size();
    case NameKind::memory: return module.memories.size();
    case NameKind::global: return module.globals.size();
    case NameKind::elem: return module.elems.size();
    case NameKind::data: return module.datas.size();
    case NameKind::tag: return module.tags.size();
  }
  return 0;
}

}  // namespace

NameSection read_name_section(base::ByteSpan contents, const syntax::Module& module) {
  NameSection section;
  Reader reader(contents);
  while (!reader.at_end()) {
    const uint8_t id = reader.u8();
    const base::ByteSpan subsection = reader.bytes(reader.length());
    if (!reader.ok()) break;
    if (id >= name_kind_count) continue;
    Reader names(subsection);
    if (NameKind(id) == NameKind::module) {
      const std::string_view name = names.name();
      if (names.ok()) section.module = name;
    } else if (is_indirect(NameKind(id))) {
      read_indirect_name_map(names, index_count(module, NameKind(id)), section.names[id]);
    } else {
      read_name_map(names, 0, index_count(module, NameKind(id)), section.names[id]);
    }
  }
  return section;
}

void decode_name_section(base::ByteSpan contents, syntax::Module& module,
                         const base::StopFlag* stop) {
  module.names.text = base::as_text(contents);
  Reader reader(contents);
  while (!reader.at_end()) {
    const uint8_t id = reader.u8();
    const base::ByteSpan subsection = reader.bytes(reader.length());
    if (!reader.ok()) return;
    if (id == module_names) decode_module_name(subsection, module);
    if (id == func_names) decode_func_names(subsection, module, stop);
  }
}

}  // namespace waxwing::binary
