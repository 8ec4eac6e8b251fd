// Modules that are nearly right: seeds with a few changes, of bytes, of sections, or of
// instructions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/random.h"
#include "syntax/module.h"

namespace waxwing::tests {

using Bytes = std::vector<uint8_t>;

/// One instruction of a seed, as it is encoded in its body.
struct SeedInstr {
  syntax::Op op;
  uint32_t begin = 0;  // within SeedBody::bytes
  uint32_t end = 0;
};

/// A function body without its size: its locals and its instructions.
struct SeedBody {
  Bytes bytes;
  std::vector<SeedInstr> instrs;
};

struct SeedSection {
  uint8_t id = 0;
  Bytes bytes;  // without id and size
};

/// A valid module, taken apart.
struct Seed {
  std::string name;
  Bytes bytes;
  std::vector<SeedSection> sections;
  std::vector<SeedBody> bodies;
};

/// Makes modules from seeds. Not thread-safe.
class Mutator {
 public:
  /// Takes a module, unless it does not decode.
  void add(std::string name, Bytes bytes);

  size_t seed_count() const { return seeds_.size(); }
  /// The module that follows from `number`. REQUIRES: seed_count() > 0
  Bytes make(uint64_t number) const;

 private:
  Bytes change_bytes(const Seed& seed, Random& random) const;
  Bytes change_sections(const Seed& seed, Random& random) const;
  Bytes change_instrs(const Seed& seed, Random& random) const;
  void change_instr(const SeedBody& original, size_t position, Bytes& body, Random& random) const;
  const Seed& pick_seed(Random& random) const { return seeds_[random.below(seeds_.size())]; }
  Bytes pick_instr(Random& random) const;

  std::vector<Seed> seeds_;
};

}  // namespace waxwing::tests
