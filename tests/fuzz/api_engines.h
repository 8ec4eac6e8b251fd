// Engines of each kind, with modules for each: what all sequences of calls of the API share.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "waxwing/waxwing.h"

namespace waxwing::fuzz {

/// Gives bytes, refuses them, or gives what are none, as `moods` say one after the other.
class AnyAllocator final : public MemoryAllocator {
 public:
  std::optional<Block> allocate(const Request& request) noexcept override;
  bool grow(const Block& block, uint64_t old_bytes, uint64_t new_bytes) noexcept override;
  void release(const Block& block) noexcept override;

  void set_moods(uint64_t moods) { moods_ = moods; }
  /// How many blocks are not released.
  size_t live_blocks() const { return blocks_.size(); }

 private:
  uint8_t mood() {
    moods_ = moods_ << 4 | moods_ >> 60;
    return moods_ & 15;
  }

  uint64_t moods_ = 0;
  std::vector<void*> blocks_;  // what each `Block::data` is
};

/// What all worlds share.
struct Engines {
  static constexpr size_t count = 6;
  static constexpr size_t module_count = 6;

  Engines();

  /// Of an engine of that kind, whatever `choice` is.
  const Module& module(size_t engine, size_t choice) const {
    return modules[engine % count * module_count + choice % module_count];
  }

  std::shared_ptr<AnyAllocator> allocator = std::make_shared<AnyAllocator>();
  uint64_t events = 0;
  std::vector<Engine> engines;
  std::vector<std::vector<uint8_t>> binaries;
  std::vector<Module> modules;  // those of the first engine, then those of the second
  std::array<uint8_t, 4> secret = {1, 2, 3, 4};
  std::vector<uint8_t> artefact;  // of the second engine, with that secret
};

}  // namespace waxwing::fuzz
