// From the name of a file to a compiled module, by way of the cache where that knows it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/stop_flag.h"
#include "cli/messages.h"
#include "cli/module_cache.h"
#include "engine/engine.h"
#include "platform/file.h"
#include "runtime/compiled_module.h"

namespace waxwing::cli {

class ModuleCompiler {
 public:
  using Compiled = std::shared_ptr<const runtime::CompiledModule>;

  /// All live as long as this. `stop`, where it is not null, ends what is compiled.
  ModuleCompiler(const engine::Engine& engine, const ModuleCache& cache,
                 const base::StopFlag* stop = nullptr)
      : engine_(engine), cache_(cache), stop_(stop) {}

  struct Result {
    Compiled module;
    CacheAccount account;
  };
  /// The module of `file`; `name` is what profilers call it where it has no name. A file that was
  /// seen before is not read.
  Fallible<Result> compile(const std::string& file, std::string_view name) const;

  /// The same, and `file` may be what `waxwing compile -o` wrote, where the user trusts it.
  Fallible<Result> compile_or_load(const std::string& file, std::string_view name,
                                   bool is_trusted) const;

 private:
  Fallible<Result> compile(const std::string& file, const platform::File& input,
                           std::string_view name) const;
  Fallible<Result> load(const std::string& file, platform::File input, std::string_view name,
                        bool is_trusted) const;
  /// Null where the cache does not know the file.
  Compiled find(const std::optional<cache::FileIdentity>& identity, std::string_view name) const;

  const engine::Engine& engine_;
  const ModuleCache& cache_;
  const base::StopFlag* stop_;
};

}  // namespace waxwing::cli
