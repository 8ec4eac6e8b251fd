// waxwing compile: a module into an artefact, or into the cache.
#include "cli/commands.h"
#include "cli/module_cache.h"
#include "cli/module_compiler.h"
#include "cli/module_file.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/warming.h"

namespace waxwing::cli {
namespace {

Fallible<int> write_artefact(const CompileOptions& options) {
  const std::vector<uint8_t> secret = TRY(read_secret(options.cache.secret_file));
  Progress progress;
  const engine::Engine engine({.features = options.features,
                               .tier = options.tier,
                               .codegen = with_progress(options.codegen, progress)});
  const ModuleSource source = TRY(ModuleSource::read(options.file));
  std::vector<uint8_t> artefact;
  {
    const Progress::Scope scope(progress, display_name(options.file));
    auto made = engine.compile_to_image(source.shared_bytes(), secret);
    if (!made) return std::unexpected(source.failure(made.error()));
    artefact = *std::move(made);
  }
  TRY(write_output(options.output, artefact));
  return exit_code::success;
}

}  // namespace

Fallible<int> compile(const CompileOptions& options) {
  if (!options.output.empty()) return write_artefact(options);
  const std::unique_ptr<Warming> warming = TRY(Warming::start(
      {.features = options.features, .tier = options.tier, .codegen = options.codegen},
      options.cache));
  const CacheAccount account = TRY(warming->warm(options.file));
  TRY(print(warming->told(options.file, account)));
  return exit_code::success;
}

}  // namespace waxwing::cli
