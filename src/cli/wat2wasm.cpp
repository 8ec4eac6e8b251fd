// waxwing wat2wasm: text becomes a module.
#include "binary/module_decoder.h"
#include "cli/commands.h"
#include "cli/module_file.h"
#include "cli/output.h"
#include "validate/module_validator.h"

namespace waxwing::cli {
namespace {

std::string default_output(const std::string& file) {
  if (file == "-") return file;
  const size_t name = file.find_last_of('/') + 1;  // 0 where there is none
  const size_t dot = file.find_last_of('.');
  return (dot != file.npos && dot > name ? file.substr(0, dot) : file) + ".wasm";
}

base::Result<> check(const ModuleSource& source, syntax::FeatureSet features) {
  syntax::Module module = TRY(binary::decode(source.shared_bytes(), features));
  return validate::validate(module, features);
}

}  // namespace

Fallible<int> wat2wasm(const Wat2WasmOptions& options) {
  const ModuleSource source = TRY(ModuleSource::read_text(options.file, options.has_names));
  if (options.is_checked) {
    const auto checked = check(source, options.features);
    if (!checked) return std::unexpected(source.failure(checked.error()));
  }
  const std::string output = options.output.empty() ? default_output(options.file) : options.output;
  TRY(write_output(output, source.bytes()));
  return exit_code::success;
}

}  // namespace waxwing::cli
