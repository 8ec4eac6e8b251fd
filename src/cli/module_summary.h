// What `waxwing inspect` tells of a module, before it is text or JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "syntax/module.h"

namespace waxwing::cli {

struct SectionSummary {
  std::string_view name;         // "code"
  std::string_view custom_name;  // of a custom section
  uint64_t offset = 0;           // of its contents in the module
  uint64_t size_bytes = 0;       // of its contents
  std::optional<uint32_t> entries;
};

struct ImportSummary {
  std::string_view module;
  std::string_view name;
  std::string_view kind;
  std::string type;
};

struct ExportSummary {
  std::string_view name;
  std::string_view kind;
  std::string type;
};

/// One value of a field of the "producers" section. [tool-conventions ProducersSection.md]
struct ProducerSummary {
  std::string_view field;  // "language", "processed-by", "sdk"
  std::string_view name;
  std::string_view version;
};

/// All views point into the module's bytes.
struct ModuleSummary {
  uint64_t size_bytes = 0;
  std::string_view name;  // from the name section; may be empty
  std::vector<SectionSummary> sections;
  std::vector<ImportSummary> imports;
  std::vector<ExportSummary> exports;
  std::vector<std::string> memories;  // their types; imported ones first
  std::vector<std::string> tables;
  size_t function_count = 0;  // without imported ones
  std::vector<std::string_view> features;
  std::vector<ProducerSummary> producers;
  std::optional<uint32_t> start;
  std::string_view start_name;       // from the name section; may be empty
  std::optional<base::Error> error;  // why the module is not valid
};

/// `module` is decoded; validation may have found `error`.
ModuleSummary summarize(const syntax::Module& module, std::optional<base::Error> error);

/// Printed for people, and as JSON. `file` is what it is called.
std::string to_text(const ModuleSummary& summary, std::string_view file);
std::string to_json(const ModuleSummary& summary, std::string_view file);

}  // namespace waxwing::cli
