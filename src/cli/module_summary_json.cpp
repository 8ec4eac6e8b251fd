// A module's summary for programs.
#include <nlohmann/json.hpp>

#include "cli/module_summary.h"

namespace waxwing::cli {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const SectionSummary& section) {
  Json json = {
      {"name", section.name}, {"offset", section.offset}, {"size_bytes", section.size_bytes}};
  if (section.name == "custom") json["custom_name"] = section.custom_name;
  if (section.entries) json["entries"] = *section.entries;
  return json;
}

}  // namespace

std::string to_json(const ModuleSummary& summary, std::string_view file) {
  Json json = {{"file", file},
               {"size_bytes", summary.size_bytes},
               {"valid", !summary.error.has_value()},
               {"features", summary.features},
               {"function_count", summary.function_count}};
  if (!summary.name.empty()) json["name"] = summary.name;
  if (summary.error) json["error"] = summary.error->message();
  if (summary.start) json["start"] = *summary.start;
  for (const char* list : {"sections", "imports", "exports", "memories", "tables", "producers"}) {
    json[list] = Json::array();
  }
  for (const SectionSummary& section : summary.sections) {
    json["sections"].push_back(to_json(section));
  }
  for (const ImportSummary& import : summary.imports) {
    json["imports"].push_back({{"module", import.module},
                               {"name", import.name},
                               {"kind", import.kind},
                               {"type", import.type}});
  }
  for (const ExportSummary& entry : summary.exports) {
    json["exports"].push_back({{"name", entry.name}, {"kind", entry.kind}, {"type", entry.type}});
  }
  for (const std::string& memory : summary.memories) json["memories"].push_back(memory);
  for (const std::string& table : summary.tables) json["tables"].push_back(table);
  for (const ProducerSummary& producer : summary.producers) {
    json["producers"].push_back(
        {{"field", producer.field}, {"name", producer.name}, {"version", producer.version}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace waxwing::cli
