// waxwing validate: whether modules are valid.
#include "binary/module_decoder.h"
#include "cli/commands.h"
#include "cli/module_file.h"
#include "validate/module_validator.h"

namespace waxwing::cli {
namespace {

base::Result<> check(const ModuleSource& source, syntax::FeatureSet features) {
  syntax::Module module = TRY(binary::decode(source.shared_bytes(), features));
  return validate::validate(module, features);
}

Fallible<> check_file(const std::string& file, syntax::FeatureSet features) {
  const ModuleSource source = TRY(ModuleSource::read(file));
  const auto checked = check(source, features);
  if (!checked) return std::unexpected(source.failure(checked.error()));
  return print(display_name(file) + ": valid\n");
}

}  // namespace

/// All files are looked at; the exit code is that of the first one that failed.
Fallible<int> validate(const ValidateOptions& options) {
  int status = exit_code::success;
  for (const std::string& file : options.files) {
    const auto checked = check_file(file, options.features);
    if (checked) continue;
    if (checked.error().exit_code == exit_code::output_failed) {
      return std::unexpected(checked.error());
    }
    report(checked.error());
    if (status == exit_code::success) status = checked.error().exit_code;
  }
  return status;
}

}  // namespace waxwing::cli
