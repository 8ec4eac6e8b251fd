// Feeds any bytes to the assembler, and what it makes of them to decoder, validator and printer.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "binary/module_decoder.h"
#include "text/assembler.h"
#include "text/printer.h"
#include "text/source_location.h"
#include "validate/module_validator.h"

namespace {

using waxwing::base::Result;
using waxwing::syntax::FeatureSet;
using waxwing::syntax::Module;

[[noreturn]] void stop(const char* what, const std::string& shown) {
  std::fprintf(stderr, "%s\n%s\n", what, shown.c_str());
  std::abort();
}

Result<Module> decode(std::vector<uint8_t> bytes, waxwing::binary::TypeIndices indices) {
  return waxwing::binary::decode(std::make_shared<const std::vector<uint8_t>>(std::move(bytes)),
                                 FeatureSet::all(), indices);
}

/// The text of a module that was assembled, if it can be decoded and printed.
Result<std::string> print(const std::vector<uint8_t>& bytes) {
  Result<Module> module = decode(bytes, waxwing::binary::TypeIndices::as_written);
  if (!module) return std::unexpected(module.error());
  return waxwing::text::print(*module);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string wat(reinterpret_cast<const char*>(data), size);
  const Result<std::vector<uint8_t>> bytes = waxwing::text::assemble(wat);
  if (!bytes) {
    if (bytes.error().offset > size) stop("an error beyond the text", wat);
    waxwing::text::render_error("f.wat", wat, bytes.error());
    return 0;
  }
  Result<Module> module = decode(*bytes, waxwing::binary::TypeIndices::canonical);
  if (module) static_cast<void>(waxwing::validate::validate(*module, FeatureSet::all()));

  const Result<std::string> first = print(*bytes);
  if (!first) return 0;
  const Result<std::vector<uint8_t>> again = waxwing::text::assemble(*first);
  if (!again) stop("printed, and not read", waxwing::text::render_error("", *first, again.error()));
  const Result<std::string> second = print(*again);
  if (!second) stop("read, and not printed", *first);
  if (*first != *second) stop("printed in two ways", *first + "\n----\n" + *second);
  return 0;
}
