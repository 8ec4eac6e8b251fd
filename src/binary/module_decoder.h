// bytes -> Module. [spec 5.5]
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/stop_flag.h"
#include "syntax/features.h"
#include "syntax/limits.h"
#include "syntax/module.h"

namespace waxwing::binary {

/// What the type indices of a decoded module are.
enum class TypeIndices : uint8_t {
  canonical,   // each the first type that is equal: equal types have equal bits
  as_written,  // as the bytes have them; for printing, never for validation
};

/// How large a module may be for whoever decodes it. What is beyond is refused with
/// `resource_limit`, before there is work to do for it.
struct DecodeLimits {
  uint64_t module_bytes = syntax::max_module_size;
  uint64_t funcs = syntax::max_funcs;  // imported ones too
  uint64_t func_bytes = syntax::max_func_body_size;
};

/// Refuses what is beyond `module_bytes`.
base::Result<> check_module_size(uint64_t size_bytes, const DecodeLimits& limits);

struct DecodeOptions {
  TypeIndices type_indices = TypeIndices::canonical;
  DecodeLimits limits = {};
  const base::StopFlag* stop = nullptr;
};

/// Decodes a whole module; function bodies stay as spans, only their locals are read. The result is
/// well-formed but not valid, except that its type indices outside of function bodies are in range,
/// canonical (or as written), and function types where they must be. Errors have the class
/// malformed, invalid (an index or form that the decoder must know) or limit, and an offset; or say
/// that the work was stopped. Memory is a small multiple of the size of `bytes`, at most. Linear
/// time.
base::Result<syntax::Module> decode(std::shared_ptr<const std::vector<uint8_t>> bytes,
                                    syntax::FeatureSet features, const DecodeOptions& options = {});
inline base::Result<syntax::Module> decode(std::shared_ptr<const std::vector<uint8_t>> bytes,
                                           syntax::FeatureSet features, TypeIndices type_indices) {
  return decode(std::move(bytes), features, DecodeOptions{.type_indices = type_indices});
}

}  // namespace waxwing::binary
