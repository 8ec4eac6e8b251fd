// Gathers a summary from a decoded module and, for what that leaves out, from its bytes.
#include "cli/module_summary.h"

#include <array>

#include "binary/reader.h"

namespace waxwing::cli {
namespace {

using syntax::Module;

constexpr std::string_view section_names[] = {
    "custom", "type",  "import",  "function", "table", "memory",     "global",
    "export", "start", "element", "code",     "data",  "data count", "tag",
};
constexpr uint8_t custom_section = 0;
constexpr uint8_t start_section = 8;
constexpr size_t header_size_bytes = 8;

std::vector<SectionSummary> sections_of(base::ByteSpan bytes) {
  std::vector<SectionSummary> sections;
  binary::Reader reader(bytes.subspan(std::min(header_size_bytes, bytes.size())),
                        header_size_bytes);
  while (reader.ok() && !reader.at_end()) {
    const uint8_t id = reader.u8();
    const uint32_t size = reader.u32();
    SectionSummary section;
    section.name = id < std::size(section_names) ? section_names[id] : "unknown";
    section.offset = reader.position();
    section.size_bytes = size;
    binary::Reader contents(reader.bytes(size), section.offset);
    if (!reader.ok()) break;
    if (id == custom_section) section.custom_name = contents.name();
    if (id != custom_section && id != start_section) section.entries = contents.u32();
    sections.push_back(std::move(section));
  }
  return sections;
}

std::string func_type_text(const Module& module, syntax::TypeIdx type) {
  return syntax::to_string(*module.types[type].func());
}

std::string type_text(const Module& module, const syntax::Import& import) {
  struct Visitor {
    const Module& of;
    std::string operator()(syntax::TypeIdx type) const { return func_type_text(of, type); }
    std::string operator()(const syntax::TableType& type) const { return to_string(type); }
    std::string operator()(const syntax::MemoryType& type) const { return to_string(type); }
    std::string operator()(const syntax::GlobalType& type) const { return to_string(type); }
    std::string operator()(const syntax::TagType& type) const {
      return func_type_text(of, type.type);
    }
  };
  return std::visit(Visitor{module}, import.type);
}

std::string type_text(const Module& module, const syntax::Export& entry) {
  switch (entry.kind) {
    case syntax::ExternKind::func:
      return syntax::to_string(module.func_type(syntax::FuncIdx(entry.index)));
    case syntax::ExternKind::table:
      return to_string(module.tables[syntax::TableIdx(entry.index)].type);
    case syntax::ExternKind::memory: return to_string(module.memories[syntax::MemIdx(entry.index)]);
    case syntax::ExternKind::global:
      return to_string(module.globals[syntax::GlobalIdx(entry.index)].type);
    case syntax::ExternKind::tag:
      return func_type_text(module, module.tags[syntax::TagIdx(entry.index)].type);
  }
  return {};
}

std::vector<std::string_view> features_of(const Module& module) {
  std::vector<std::string_view> features;
  for (const syntax::FeatureInfo& info : syntax::feature_table) {
    if (info.id != syntax::Feature::mvp && module.features_used.has(info.id)) {
      features.push_back(info.text);
    }
  }
  return features;
}

std::vector<ProducerSummary> producers_of(const Module& module) {
  std::vector<ProducerSummary> producers;
  for (const syntax::CustomSection& section : module.customs) {
    if (section.name != "producers") continue;
    binary::Reader reader(section.bytes, section.offset);
    for (uint32_t fields = reader.length(); fields > 0 && reader.ok(); --fields) {
      const std::string_view field = reader.name();
      for (uint32_t values = reader.length(); values > 0 && reader.ok(); --values) {
        const std::string_view name = reader.name();
        const std::string_view version = reader.name();
        if (reader.ok()) producers.push_back({field, name, version});
      }
    }
  }
  return producers;
}

/// Whether the indices of exports and types can be trusted: declarations were validated.
bool has_valid_exports(const Module& module) {
  for (const syntax::Export& entry : module.exports) {
    const std::array<size_t, 5> counts = {module.funcs.size(), module.tables.size(),
                                          module.memories.size(), module.globals.size(),
                                          module.tags.size()};
    if (entry.index >= counts[size_t(entry.kind)]) return false;
  }
  return true;
}

}  // namespace

ModuleSummary summarize(const Module& module, std::optional<base::Error> error) {
  ModuleSummary summary;
  summary.size_bytes = module.bytes.size();
  summary.name = module.names.module;
  summary.sections = sections_of(module.bytes);
  for (const syntax::Import& import : module.imports) {
    summary.imports.push_back(
        {import.module, import.name, extern_kind_text(import.kind()), type_text(module, import)});
  }
  if (has_valid_exports(module)) {
    for (const syntax::Export& entry : module.exports) {
      summary.exports.push_back(
          {entry.name, extern_kind_text(entry.kind), type_text(module, entry)});
    }
  }
  for (const auto& memory : module.memories) summary.memories.push_back(to_string(memory));
  for (const auto& table : module.tables) summary.tables.push_back(to_string(table.type));
  summary.function_count = module.bodies.size();
  summary.features = features_of(module);
  summary.producers = producers_of(module);
  if (module.start) {
    summary.start = module.start->value;
    summary.start_name = module.func_name(*module.start);
  }
  summary.error = std::move(error);
  return summary;
}

}  // namespace waxwing::cli
