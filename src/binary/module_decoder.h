// bytes -> Module. [spec 5.5]
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "syntax/features.h"
#include "syntax/module.h"

namespace waxwing::binary {

/// What the type indices of a decoded module are.
enum class TypeIndices : uint8_t {
  canonical,   // each the first type that is equal: equal types have equal bits
  as_written,  // as the bytes have them; for printing, never for validation
};

/// Decodes a whole module; function bodies stay as spans, only their locals are read. The result is
/// well-formed but not valid, except that its type indices outside of function bodies are in range,
/// canonical (or as written), and function types where they must be. Errors have the class
/// malformed, invalid (an index or form that the decoder must know) or limit, and an offset. Memory
/// is a small multiple of the size of `bytes`, at most. Linear time.
base::Result<syntax::Module> decode(std::shared_ptr<const std::vector<uint8_t>> bytes,
                                    syntax::FeatureSet features,
                                    TypeIndices type_indices = TypeIndices::canonical);

}  // namespace waxwing::binary
