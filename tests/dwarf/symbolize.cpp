// Which source lines the instructions of a module come from, in the words of llvm-symbolizer; and
// whether modules with damaged DWARF are borne.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "binary/instr_reader.h"
#include "binary/module_decoder.h"
#include "dwarf/source_map.h"

namespace waxwing {
namespace {

std::string or_unknown(const std::string& text) { return text.empty() ? "??" : text; }

/// The offsets of all instructions, in the module.
std::vector<uint64_t> instr_offsets(const syntax::Module& module) {
  std::vector<uint64_t> offsets;
  for (const syntax::FuncBody& body : module.bodies) {
    binary::InstrReader reader(module, syntax::FeatureSet::all(), module.code(body), body.offset);
    for (binary::Instr instr; reader.next(instr);)
      offsets.push_back(body.offset + instr.code_offset);
  }
  return offsets;
}

int print_lines(const syntax::Module& module) {
  const dwarf::SourceMap map;
  for (const uint64_t offset : instr_offsets(module)) {
    std::printf("0x%llx\n", static_cast<unsigned long long>(offset - module.code_offset));
    const auto locations = map.find(module, offset);
    if (locations.empty()) std::puts("??\n??:0:0");
    for (const dwarf::Location& location : locations) {
      std::printf("%s\n%s:%u:%u\n", or_unknown(location.function).c_str(),
                  or_unknown(location.file).c_str(), location.line, location.column);
    }
    std::puts("");
  }
  return 0;
}

/// Changes some bytes as a hostile producer, or a careless tool, would.
void damage(std::vector<uint8_t>& bytes, std::mt19937& random) {
  if (bytes.empty()) return;
  const auto below = [&random](size_t bound) { return random() % bound; };
  const size_t at = below(bytes.size());
  constexpr uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
  switch (below(6)) {
    case 0: bytes[at] = uint8_t(random()); return;
    case 1: bytes[at] = edges[below(std::size(edges))]; return;
    case 2: bytes[at] ^= uint8_t(1u << below(8)); return;
    case 3: bytes.resize(at); return;
    case 4: {  // a number, or a run of them
      const size_t count = std::min<size_t>(bytes.size() - at, 1 + below(8));
      std::fill_n(bytes.begin() + ptrdiff_t(at), count, edges[below(std::size(edges))]);
      return;
    }
    default: {  // bytes of another place
      const size_t from = below(bytes.size());
      const size_t count = std::min(1 + below(64), bytes.size() - std::max(at, from));
      std::memmove(bytes.data() + at, bytes.data() + from, count);
    }
  }
}

/// Damages the sections of DWARF `count` times, each time those of the original, and asks for
/// lines.
int try_damaged(const syntax::Module& module, uint32_t seed, uint32_t count) {
  const std::vector<uint64_t> offsets = instr_offsets(module);
  double slowest_s = 0;
  uint64_t found = 0;
  for (uint32_t i = 0; i < count; ++i) {
    std::mt19937 random(seed + i);
    syntax::Module damaged;
    damaged.code_offset = module.code_offset;
    std::vector<std::vector<uint8_t>> kept;
    kept.reserve(module.customs.size());
    for (const syntax::CustomSection& section : module.customs) {
      if (!section.name.starts_with(".debug_")) continue;
      auto& bytes = kept.emplace_back(section.bytes.begin(), section.bytes.end());
      for (uint32_t left = random() % 4; left != 0; --left) damage(bytes, random);
      damaged.customs.push_back({section.name, bytes, section.offset});
    }
    const auto begin = std::chrono::steady_clock::now();
    const dwarf::SourceMap map;
    for (int asked = 0; asked < 32; ++asked)
      found += map.find(damaged, offsets[random() % offsets.size()]).size();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    slowest_s = std::max(slowest_s, took.count());
  }
  std::printf("%u damaged modules, %llu places, the slowest %.3f s\n", count,
              static_cast<unsigned long long>(found), slowest_s);
  constexpr double patience_s = 5;  // it takes milliseconds
  return found == 0 || slowest_s > patience_s ? 1 : 0;
}

int run(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "waxwing_symbolize lines MODULE | damaged MODULE SEED COUNT\n");
    return 2;
  }
  std::ifstream file(arguments[2], std::ios::binary);
  auto bytes = std::make_shared<const std::vector<uint8_t>>(std::istreambuf_iterator<char>(file),
                                                            std::istreambuf_iterator<char>());
  const auto module = binary::decode(std::move(bytes), syntax::FeatureSet::all());
  if (!module) {
    std::fprintf(stderr, "%s: %s\n", arguments[2], module.error().message().c_str());
    return 2;
  }
  if (std::strcmp(arguments[1], "lines") == 0) return print_lines(*module);
  if (count < 5) return 2;
  return try_damaged(*module, uint32_t(std::strtoul(arguments[3], nullptr, 10)),
                     uint32_t(std::strtoul(arguments[4], nullptr, 10)));
}

}  // namespace
}  // namespace waxwing

int main(int count, char** arguments) { return waxwing::run(count, arguments); }
