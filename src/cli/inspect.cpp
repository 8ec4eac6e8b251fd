// waxwing inspect: what is in a module.
#include "binary/module_decoder.h"
#include "cli/commands.h"
#include "cli/module_file.h"
#include "cli/module_summary.h"
#include "validate/module_validator.h"

namespace waxwing::cli {

/// A module that can be decoded is shown even where it is not valid; the exit code tells.
Fallible<int> inspect(const InspectOptions& options) {
  const std::string name = display_name(options.file);
  const ModuleSource source = TRY(ModuleSource::read(options.file));
  constexpr syntax::FeatureSet features = syntax::FeatureSet::all();
  auto module = binary::decode(source.shared_bytes(), features);
  if (!module) return std::unexpected(source.failure(module.error()));
  const auto validated = validate::validate(*module, features);
  std::optional<base::Error> error;
  if (!validated) error = validated.error();
  const ModuleSummary summary = summarize(*module, error);
  TRY(print(options.as_json ? to_json(summary, name) : to_text(summary, name)));
  if (error) return std::unexpected(source.failure(*error));
  return exit_code::success;
}

}  // namespace waxwing::cli
