// Feeds any bytes to the parser of scripts, and the modules that it finds to the assembler.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "text/script.h"
#include "text/source_location.h"

namespace {

using namespace waxwing::text;

void check_place(const waxwing::base::Error& error, std::string_view script) {
  if (error.offset != waxwing::base::Error::no_offset && error.offset > script.size()) {
    std::fputs("an error beyond the script\n", stderr);
    std::abort();
  }
  render_error("f.wast", script, error);
}

void assemble(const ScriptModule& module, std::string_view script) {
  const auto bytes = module_bytes(script, module);
  if (!bytes) check_place(bytes.error(), script);
}

void visit(const std::vector<Command>& commands, std::string_view script) {
  for (const Command& command : commands) {
    if (command.offset > script.size()) std::abort();
    if (const auto* module = std::get_if<ScriptModule>(&command.what)) assemble(*module, script);
    if (const auto* assertion = std::get_if<AssertModuleFails>(&command.what)) {
      assemble(assertion->module, script);
    }
    if (const auto* thread = std::get_if<ThreadCommand>(&command.what)) {
      visit(thread->commands, script);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string script(reinterpret_cast<const char*>(data), size);
  const auto commands = parse_script(script);
  if (commands) {
    visit(*commands, script);
  } else {
    check_place(commands.error(), script);
  }
  return 0;
}
