// The text format for embedders. In a file of its own: programs that do not use it do not have it.
#include "api/convert.h"
#include "text/assembler.h"
#include "waxwing/engine.h"

namespace waxwing {

Result<std::vector<uint8_t>> wat_to_wasm(std::string_view text) {
  auto bytes = text::assemble(text);
  if (!bytes) return api::fail(bytes.error());
  return *std::move(bytes);
}

}  // namespace waxwing
