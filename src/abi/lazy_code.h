// The code of one function, made when it is first called, and who makes it.
#pragma once

#include <cstdint>
#include <vector>

#include "abi/code_image.h"
#include "base/result.h"

namespace waxwing::abi {

/// Offsets count from the start of the piece, which will lie at a multiple of 16, but where the
/// text's is meant.
struct CodePiece {
  /// The four bytes at `position` become the distance from their end to an offset in the text.
  struct Distance {
    uint32_t position = 0;
    uint32_t target = 0;
  };

  std::vector<uint8_t> text;
  std::vector<Distance> distances;
  std::vector<CodeSite> sites;  // by rising code_offset
  std::vector<CodeHandler> handlers;
  uint32_t frame_bytes = 0;
};

/// Makes the functions of one image. Thread-safe.
class PieceCompiler {
 public:
  virtual ~PieceCompiler() = default;

  /// `func` counts from the first defined one. Errors: out_of_memory, limit.
  virtual base::Result<CodePiece> compile(uint32_t func) = 0;
};

}  // namespace waxwing::abi
