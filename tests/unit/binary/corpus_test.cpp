// Decodes every module of the shared corpus, and reads its bodies, where WAXWING_SHARED_DIR names
// one.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "binary/instr_reader.h"
#include "hex.h"

namespace waxwing::binary {
namespace {

std::vector<uint8_t> contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(file), {});
}

TEST(module_decoder_corpus, every_module_decodes) {
  const char* shared = std::getenv("WAXWING_SHARED_DIR");
  if (shared == nullptr) GTEST_SKIP() << "WAXWING_SHARED_DIR is not set";
  size_t modules = 0;
  for (const char* folder : {"real", "fuzz"}) {
    const auto root = std::filesystem::path(shared) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".wasm") continue;
      const auto module = decode_bytes(contents(entry.path()));
      ASSERT_TRUE(module) << entry.path() << ": " << module.error().message();
      ++modules;
      for (const syntax::FuncBody& body : module->bodies) {
        InstrReader reader(*module, syntax::FeatureSet::all(), module->code(body), body.offset);
        Instr instr;
        while (reader.next(instr)) {
        }
        ASSERT_FALSE(reader.error()) << entry.path() << ": " << reader.error()->message();
      }
    }
  }
  EXPECT_GT(modules, 0u);
}

}  // namespace
}  // namespace waxwing::binary
