// functions.def read back: each row checked against its C++ function and handed to the linker.
#include "wasi/register.h"

#include <string>
#include <string_view>
#include <utility>

#include "wasi/marshal.h"

namespace waxwing::wasi {
namespace {

struct Function {
  std::string_view name;
  std::string_view type;
  runtime::HostCode code;
};

constexpr Function functions[] = {
#define FUNCTION(ID, TYPE) {#ID, TYPE, Marshalled<&ID>::call},
#include "wasi/functions.def"
};

#define FUNCTION(ID, TYPE) \
  static_assert(Marshalled<&ID>::type().view() == TYPE, #ID " differs from its row");
#include "wasi/functions.def"

constexpr Function functions_0[] = {
    {"fd_filestat_get", "", Marshalled<&fd_filestat_get_0>::call},
    {"fd_seek", "", Marshalled<&fd_seek_0>::call},
    {"path_filestat_get", "", Marshalled<&path_filestat_get_0>::call},
    {"poll_oneoff", "", Marshalled<&poll_oneoff_0>::call},
};

/// The code of `function` for `wasi_unstable`; types are the same.
runtime::HostCode code_0(const Function& function) {
  for (const Function& other : functions_0) {
    if (other.name == function.name) return other.code;
  }
  return function.code;
}

syntax::FuncType parse_type(std::string_view text) {
  syntax::FuncType type;
  std::vector<syntax::ValType>* list = &type.params;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word == "->") {
      list = &type.results;
    } else {
      list->push_back(word == "i64" ? syntax::i64_type : syntax::i32_type);
    }
  }
  return type;
}

}  // namespace

base::Result<> add_to_linker(runtime::Linker& linker, runtime::Store& store,
                             const std::shared_ptr<Context>& context) {
  for (const Function& function : functions) {
    runtime::HostFunc host{.type = parse_type(function.type),
                           .code = function.code,
                           .data = context.get(),
                           .owner = context};
    TRY(linker.define_func(store, "wasi_snapshot_preview1", std::string(function.name), host));
    host.code = code_0(function);
    TRY(linker.define_func(store, "wasi_unstable", std::string(function.name), std::move(host)));
  }
  return {};
}

}  // namespace waxwing::wasi
