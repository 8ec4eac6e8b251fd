// See helpers.h.
#include "imports/helpers.h"

#include <algorithm>
#include <utility>

#include "imports/assemblyscript.h"
#include "imports/emscripten.h"

namespace waxwing::imports {

struct Helpers::State {
  HelperOptions options;
  std::shared_ptr<AssemblyScript> assemblyscript;
  std::shared_ptr<Emscripten> emscripten = std::make_shared<Emscripten>();
};

bool is_helper(std::string_view name) {
  constexpr std::string_view names[] = {"abort",
                                        "trace",
                                        "seed",
                                        "emscripten_notify_memory_growth",
                                        "emscripten_throw_longjmp",
                                        "_emscripten_throw_longjmp",
                                        "getTempRet0",
                                        "setTempRet0"};
  return name.starts_with("invoke_") || std::ranges::find(names, name) != std::end(names);
}

Helpers::Helpers(std::shared_ptr<wasi::Context> context, const HelperOptions& options)
    : state_(std::make_shared<State>()) {
  state_->options = options;
  state_->assemblyscript = std::make_shared<AssemblyScript>(AssemblyScript{
      .context = std::move(context),
      .abort_message = options.abort_message,
      .trace = options.trace,
  });
}

Helpers::~Helpers() = default;

std::optional<runtime::HostFunc> Helpers::find(runtime::TypeRegistry& types, std::string_view name,
                                               const syntax::FuncType& type) const {
  if (state_->options.assemblyscript) {
    if (const runtime::HostCode code = find_assemblyscript(name, type)) {
      return runtime::HostFunc{.type = type,
                               .code = code,
                               .data = state_->assemblyscript.get(),
                               .owner = state_->assemblyscript};
    }
  }
  if (!state_->options.emscripten) return std::nullopt;
  return find_emscripten(types, state_->emscripten, name, type);
}

}  // namespace waxwing::imports
