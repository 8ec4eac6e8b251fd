// Near misses by edit distance, and what well-known module names mean.
#include "runtime/missing_import.h"

#include <algorithm>

#include "base/edit_distance.h"
#include "runtime/text.h"

namespace waxwing::runtime {
namespace {

// Names beyond these bounds are not compared: an error message must not cost noticeable time.
constexpr size_t max_compared_names = 2'000;
constexpr size_t max_compared_length = 64;
constexpr size_t max_shown_names = 5;

/// Some of `names`, those most like `name` first.
std::vector<std::string_view> nearest(std::string_view name,
                                      std::span<const std::string_view> names) {
  std::vector<std::pair<size_t, std::string_view>> ranked;
  ranked.reserve(std::min(names.size(), max_compared_names));
  for (std::string_view other : names.first(std::min(names.size(), max_compared_names))) {
    const bool is_compared =
        name.size() <= max_compared_length && other.size() <= max_compared_length;
    ranked.emplace_back(is_compared ? base::edit_distance(name, other) : max_compared_length,
                        other);
  }
  const size_t shown = std::min(ranked.size(), max_shown_names);
  std::ranges::partial_sort(ranked, ranked.begin() + ptrdiff_t(shown));
  std::vector<std::string_view> result;
  result.reserve(shown);
  for (size_t i = 0; i < shown; ++i) result.push_back(ranked[i].second);
  return result;
}

struct Hint {
  std::string_view prefix;  // of the module's name; a whole name where `is_whole`
  bool is_whole;
  std::string_view text;
};

constexpr Hint hints[] = {
    {"wasi_snapshot_preview1", true,
     "these are the functions of WASI preview 1: link WASI before instantiating (waxwing run "
     "does)"},
    {"wasi_unstable", true,
     "this is the snapshot of WASI before preview 1; build the module with a toolchain of today"},
    {"wasi:", false,
     "this is an interface of WASI 0.2, which components use; build a core module for WASI preview "
     "1 (wasm32-wasip1)"},
    {"wasi", true, "these are the threads of WASI, which Waxwing does not start"},
    {"env", true,
     "\"env\" is where C and C++ toolchains look for what was not linked in: add the library or "
     "source file that defines "
     "it; with Emscripten, build with -sSTANDALONE_WASM; or give a module that exports it (waxwing "
     "run --preload env=FILE)"},
    {"GOT.", false, "the module is a dynamic library; link it statically"},
    {"gojs", true, "the module wants Go's JavaScript host; build it with GOOS=wasip1"},
    {"go", true, "the module wants Go's JavaScript host; build it with GOOS=wasip1"},
    {"wbg", true,
     "the module was made by wasm-bindgen for a JavaScript host; build it for wasm32-wasip1"},
    {"__wbindgen", false,
     "the module was made by wasm-bindgen for a JavaScript host; build it for wasm32-wasip1"},
    {"a", true,
     "one-letter names are Emscripten's, for its JavaScript; build with -sSTANDALONE_WASM"},
};

std::string hint_for(std::string_view module) {
  for (const Hint& hint : hints) {
    if (hint.is_whole ? module == hint.prefix : module.starts_with(hint.prefix))
      return std::string(hint.text);
  }
  return "define it in the linker, or give a module that exports it (waxwing run --preload " +
         printable(module) + "=FILE)";
}

}  // namespace

std::string describe(const MissingImport& missing) {
  std::string text = quoted(missing.module) + " " + quoted(missing.name) + " " + missing.type_text;
  if (missing.others_missing > 0) {
    text += " (and " + std::to_string(missing.others_missing) + " more)";
  }
  if (missing.defined.empty()) {
    text += "; nothing is defined as " + quoted(missing.module) + ": " + hint_for(missing.module);
    return text;
  }
  text += "; " + quoted(missing.module) + " has ";
  bool is_first = true;
  for (std::string_view name : nearest(missing.name, missing.defined)) {
    if (!is_first) text += ", ";
    text += quoted(name);
    is_first = false;
  }
  if (missing.defined.size() > max_shown_names) {
    text += " and " + std::to_string(missing.defined.size() - max_shown_names) + " more";
  }
  if (missing.module == "wasi_snapshot_preview1") {
    return text + "; WASI preview 1 has no such function: is the name spelled right?";
  }
  return text + "; " + hint_for(missing.module);
}

}  // namespace waxwing::runtime
