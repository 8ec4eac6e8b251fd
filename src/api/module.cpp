// What a module tells of itself.
#include <utility>

#include "api/convert.h"
#include "api/core.h"
#include "binary/reader.h"
#include "waxwing/engine.h"

namespace waxwing {

std::string_view Module::name() const { return core_->module().names.module; }

std::vector<ImportType> Module::imports() const {
  std::vector<ImportType> imports;
  imports.reserve(core_->module().imports.size());
  for (const syntax::Import& import : core_->module().imports) {
    imports.push_back({.module = std::string(import.module),
                       .name = std::string(import.name),
                       .type = api::type_of(core_->module(), import)});
  }
  return imports;
}

std::vector<ExportType> Module::exports() const {
  std::vector<ExportType> exports;
  exports.reserve(core_->module().exports.size());
  for (const syntax::Export& entry : core_->module().exports)
    exports.push_back(
        {.name = std::string(entry.name), .type = api::type_of(core_->module(), entry)});
  return exports;
}

std::optional<ExternType> Module::find_export(std::string_view name) const {
  for (const syntax::Export& entry : core_->module().exports)
    if (entry.name == name) return api::type_of(core_->module(), entry);
  return std::nullopt;
}

std::vector<CustomSection> Module::custom_sections() const {
  std::vector<CustomSection> sections;
  sections.reserve(core_->module().customs.size());
  for (const syntax::CustomSection& section : core_->module().customs)
    sections.push_back({.name = section.name, .bytes = section.bytes});
  return sections;
}

namespace {

/// A field with its names and versions. [tool-conventions: ProducersSection]
void read_field(binary::Reader& reader, std::vector<Producer>& producers) {
  const std::string field(reader.name());
  for (uint32_t left = reader.count(); left != 0 && reader.ok(); --left) {
    std::string name(reader.name());
    std::string version(reader.name());
    if (reader.ok()) producers.push_back({field, std::move(name), std::move(version)});
  }
}

}  // namespace

std::vector<Producer> Module::producers() const {
  std::vector<Producer> producers;
  for (const syntax::CustomSection& section : core_->module().customs) {
    if (section.name != "producers") continue;
    binary::Reader reader(section.bytes, section.offset);
    for (uint32_t left = reader.count(); left != 0 && reader.ok(); --left)
      read_field(reader, producers);
  }
  return producers;
}

uint32_t Module::func_count() const { return static_cast<uint32_t>(core_->module().funcs.size()); }

std::string_view Module::func_name(uint32_t func_index) const {
  return core_->module().func_name(syntax::FuncIdx(func_index));
}

std::span<const uint8_t> Module::binary() const { return core_->module().bytes; }

Features Module::features_used() const { return api::to_public(core_->module().features_used); }

}  // namespace waxwing
