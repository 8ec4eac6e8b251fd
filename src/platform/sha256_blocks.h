// The compression function of SHA-256, in plain C++ and in the processor's own instructions. What
// makes a digest of it is cache/digest.h. [FIPS 180-4 section 6.2.2]
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace waxwing::platform {

/// The working variables a to h.
using Sha256State = std::array<uint32_t, 8>;

/// Takes `count` blocks of 64 bytes into `state`.
using Sha256Blocks = void (*)(Sha256State& state, const uint8_t* blocks, size_t count);

/// Runs everywhere: 0.1 GB/s.
void sha256_portable(Sha256State& state, const uint8_t* blocks, size_t count);

/// The processor's instructions, ten times as fast, or null where it has none. The first
/// call asks the processor. Thread-safe.
Sha256Blocks sha256_instructions();

/// The fastest that there is here.
Sha256Blocks sha256_fastest();

}  // namespace waxwing::platform
