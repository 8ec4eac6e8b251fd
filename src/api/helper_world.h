// What AssemblyScript and Emscripten import, as one store has it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/core.h"
#include "imports/helpers.h"

namespace waxwing::detail {

/// What a linker defines. Its address is the world's identity.
struct HelperConfig {
  imports::HelperOptions options;
  std::shared_ptr<const WasiConfig> wasi;
};

struct HelperWorld {
  HelperWorld(std::shared_ptr<const HelperConfig> its_config,
              std::shared_ptr<wasi::Context> context);

  /// The function that the import means, made once for each name and type; nothing where there is
  /// none.
  base::Result<std::optional<runtime::Extern>> find(runtime::Store& store,
                                                    const runtime::CompiledModule& compiled,
                                                    const syntax::Import& import);

  const std::shared_ptr<const HelperConfig> config;

 private:
  const imports::Helpers helpers_;
  std::map<std::pair<std::string, runtime::TypeId>, runtime::Func*> funcs_;
};

}  // namespace waxwing::detail
