// Which build of Waxwing this is, to those who keep what it compiled. [cmake/build_id.cmake]
#pragma once

#include <string_view>

namespace waxwing::engine {

/// 64 hexadecimal digits that are others whenever a source of the engine or of what it is made of,
/// the compiler, or a flag that matters to code is another. Equal on all machines for equal builds.
std::string_view build_id();

/// 64 hexadecimal digits that are others whenever anything that compiled code and the runtime agree
/// on may have changed: the ABI, who emits code by it, layouts of objects, numbers of traps, the
/// format of images. Two builds with different ids may agree here.
std::string_view abi_hash();

}  // namespace waxwing::engine
