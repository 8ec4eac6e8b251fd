// A module's summary for people.
#include "cli/module_summary.h"
#include "runtime/text.h"

namespace waxwing::cli {
namespace {

using runtime::printable;

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string right_aligned(uint64_t number, size_t width) {
  const std::string digits = std::to_string(number);
  return std::string(width - std::min(width, digits.size()), ' ') + digits;
}

std::string section_line(const SectionSummary& section) {
  constexpr char digits[] = "0123456789abcdef";
  std::string offset;
  for (uint64_t rest = section.offset; rest != 0; rest /= 16) {
    offset.insert(offset.begin(), digits[rest % 16]);
  }
  std::string line = "  " + padded(std::string(section.name), 10) +
                     right_aligned(section.size_bytes, 10) + " bytes at " +
                     padded("0x" + offset, 10);
  if (section.entries) line += "  entries " + std::to_string(*section.entries);
  if (section.name == "custom") line += "  \"" + printable(section.custom_name) + "\"";
  return line + "\n";
}

std::string typed_line(std::string_view kind, const std::string& name, const std::string& type) {
  return "  " + padded(std::string(kind), 7) + name + (type.empty() ? "" : " ") + type + "\n";
}

std::string feature_list(const ModuleSummary& summary) {
  std::string text;
  for (std::string_view feature : summary.features) {
    if (!text.empty()) text += ", ";
    text += feature;
  }
  return text.empty() ? "none beyond WebAssembly 1.0" : text;
}

}  // namespace

std::string to_text(const ModuleSummary& summary, std::string_view file) {
  std::string text = std::string(file) + ": WebAssembly module" +
                     (summary.name.empty() ? "" : " \"" + printable(summary.name) + "\"") + ", " +
                     std::to_string(summary.size_bytes) + " bytes, " +
                     std::to_string(summary.function_count) + " functions, " +
                     (summary.error ? "not valid" : "valid") + "\n";
  text += "features needed: " + feature_list(summary) + "\n";
  if (summary.start) {
    text += "start: func " + std::to_string(*summary.start);
    if (!summary.start_name.empty()) text += " \"" + printable(summary.start_name) + "\"";
    text += "\n";
  }
  text += "sections:\n";
  for (const SectionSummary& section : summary.sections) text += section_line(section);
  if (!summary.imports.empty()) text += "imports:\n";
  for (const ImportSummary& import : summary.imports) {
    text += typed_line(import.kind, printable(import.module) + "." + printable(import.name),
                       import.type);
  }
  if (!summary.exports.empty()) text += "exports:\n";
  for (const ExportSummary& entry : summary.exports) {
    text += typed_line(entry.kind, printable(entry.name), entry.type);
  }
  if (!summary.memories.empty()) text += "memories, in pages of 64 KiB:\n";
  for (const std::string& memory : summary.memories) text += "  " + memory + "\n";
  if (!summary.tables.empty()) text += "tables:\n";
  for (const std::string& table : summary.tables) text += "  " + table + "\n";
  if (!summary.producers.empty()) text += "producers:\n";
  for (const ProducerSummary& producer : summary.producers) {
    text += "  " + padded(printable(producer.field), 13) + printable(producer.name) + " " +
            printable(producer.version) + "\n";
  }
  return text;
}

}  // namespace waxwing::cli
