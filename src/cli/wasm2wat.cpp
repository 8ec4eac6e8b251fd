// waxwing wasm2wat: a module as text.
#include "binary/module_decoder.h"
#include "cli/commands.h"
#include "cli/module_file.h"
#include "cli/output.h"

namespace waxwing::cli {

Fallible<int> wasm2wat(const Wasm2WatOptions& options) {
  const ModuleSource source = TRY(ModuleSource::read(options.file));
  const auto module = binary::decode(source.shared_bytes(), syntax::FeatureSet::all(),
                                     binary::TypeIndices::as_written);
  if (!module) return std::unexpected(source.failure(module.error()));
  const auto text = text::print(*module, options.style);
  if (!text) return std::unexpected(source.failure(text.error()));
  TRY(write_output(options.output, base::as_bytes(*text)));
  return exit_code::success;
}

}  // namespace waxwing::cli
