// Frame::source of the public API: what it tells of a program that traps, and that it can be off.
#include <iostream>
#include <string>
#include <vector>

#include "waxwing/waxwing.h"

namespace {

using namespace waxwing;

/// How a run of the program ends.
Error run(const std::string& path, const Config& config) {
  const Engine engine(config);
  const Result<Module> module = engine.compile_file(path);
  if (!module) return module.error();
  Store store = Store::create(engine).value();
  Linker linker;
  linker.wasi({.args = {"divider"}}).value();
  Result<Instance> instance = linker.instantiate(store, *module);
  if (!instance) return instance.error();
  const Result<int32_t> ended = instance->run();
  return ended ? Error(ErrorCode::not_found, "there was no trap") : ended.error();
}

bool is_at(const SourceLocation& location, const std::string& function, uint32_t line,
           uint32_t column) {
  return location.function == function && location.file.ends_with("/divider.c") &&
         location.line == line && location.column == column;
}

/// The stores and engines have ended: what the error has is enough.
bool has_lines(const Error& error) {
  if (!error.trap() || error.trap()->frames.empty()) return false;
  const std::vector<SourceLocation> source = error.trap()->frames[0].source();
  return source.size() == 2 && is_at(source[0], "divide", 6, 19) &&
         is_at(source[1], "share", 10, 21) &&
         error.message().find("divider.c:6:19 (divide, inlined)") != std::string::npos;
}

bool has_none(const Error& error) {
  return error.trap() && !error.trap()->frames.empty() &&
         error.trap()->frames[0].source().empty() &&
         error.message().find(" at ") == std::string::npos;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  for (const Tier tier : {Tier::interpreter, Tier::automatic}) {
    const Error error = run(arguments[1], {.tier = tier});
    const Error without = run(arguments[1], {.tier = tier, .debug_info = false});
    if (has_lines(error) && has_none(without)) continue;
    std::cerr << error.message() << "\nwithout: " << without.message() << "\n";
    return 1;
  }
  return 0;
}
