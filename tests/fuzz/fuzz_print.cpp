// Prints whatever module the bytes are: assembled, the text must be the same module, and print
// alike.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "binary/module_decoder.h"
#include "roundtrip/compare_modules.h"
#include "text/assembler.h"
#include "text/listing.h"
#include "text/printer.h"
#include "text/source_location.h"

namespace {

using waxwing::base::Result;
using waxwing::syntax::Module;
using waxwing::text::CodeStyle;

[[noreturn]] void stop(const char* what, const std::string& shown) {
  std::fprintf(stderr, "%s\n%s\n", what, shown.c_str());
  std::abort();
}

Result<Module> decode(std::vector<uint8_t> bytes) {
  return waxwing::binary::decode(std::make_shared<const std::vector<uint8_t>>(std::move(bytes)),
                                 waxwing::syntax::FeatureSet::all(),
                                 waxwing::binary::TypeIndices::as_written);
}

/// What the text format has no words for: an absent expression where a table has one, page sizes
/// beyond 64 bits.
bool has_text(const Module& module) {
  for (const auto& table : module.tables) {
    if (table.init && table.init->count == 0) return false;
  }
  for (const auto& memory : module.memories) {
    if (memory.page_size_log2 > 63) return false;
  }
  return true;
}

void check(const Module& module, CodeStyle style) {
  const Result<std::string> first = waxwing::text::print(module, {.style = style});
  if (!first) return;
  const Result<std::vector<uint8_t>> bytes = waxwing::text::assemble(*first);
  if (!bytes) stop("printed, and not read", waxwing::text::render_error("", *first, bytes.error()));
  const Result<Module> again = decode(*bytes);
  if (!again) stop(again.error().message().c_str(), *first);
  const std::string difference = waxwing::tests::difference(module, *again);
  if (!difference.empty() && has_text(module)) stop(difference.c_str(), *first);
  const Result<std::string> second = waxwing::text::print(*again, {.style = style});
  if (!second) stop("read, and not printed", *first);
  if (*first != *second) stop("printed in two ways", *first + "\n----\n" + *second);
}

void list(const Module& module) {
  const waxwing::text::ModuleNames names(module, true);
  for (size_t i = module.imported_funcs; i < module.funcs.size(); ++i) {
    waxwing::text::FuncListing listing(module, names, waxwing::syntax::FuncIdx(i));
    waxwing::text::ListedInstr listed;
    while (listing.next(listed)) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Result<Module> module = decode({data, data + size});
  if (!module) return 0;
  check(*module, CodeStyle::flat);
  check(*module, CodeStyle::folded);
  list(*module);
  return 0;
}
