// Puts the code of functions together: one text that runs wherever it lies, and the tables by which
// the runtime finds its way in it.
#pragma once

#include <vector>

#include "abi/code_image.h"
#include "abi/lazy_code.h"
#include "base/result.h"
#include "base/stop_flag.h"
#include "codegen/code_object.h"
#include "codegen/stubs.h"
#include "syntax/module.h"

namespace waxwing::codegen {

/// Machine code of a module, so that every distance fits 32 bits.
inline constexpr uint64_t max_text_bytes = uint64_t{1} << 30;
/// What is said of more; and of more than the embedder allows.
base::Error text_is_too_large();
base::Error code_is_too_large(uint64_t most_bytes);

struct LinkOptions {
  uint64_t max_bytes = max_text_bytes;  // which tests make less
  const base::StopFlag* stop = nullptr;
};

/// `objects[i]` is the code of the i-th defined function (CHECKed: there is one for each), and is
/// given up as soon as it is copied. The same objects give the same image. Linear time, but for the
/// sites of a function, which are sorted where they are not. Errors: `implementation_limit` where
/// the text is larger than `max_bytes`, `out_of_memory`, those of `stubs`; that the work was
/// stopped.
base::Result<abi::CodeImage> link(const syntax::Module& module, std::vector<CodeObject> objects,
                                  StubWriter& stubs, const LinkOptions& options = {});

/// The image of a module whose functions are compiled when they are first called: all stubs that
/// they may need. Linear time in the module's types and functions. Errors: as above.
base::Result<abi::CodeImage> link_stubs(const syntax::Module& module, StubWriter& stubs);

/// One function for such an image, whose stubs these are. REQUIRES: the function refers to no other
/// one.
abi::CodePiece link_piece(const syntax::Module& module, const abi::CodeStubs& stubs,
                          CodeObject object);

}  // namespace waxwing::codegen
