// The words come from src/CMakeLists.txt.
#include "engine/version.h"

namespace waxwing::engine {

std::string_view version() { return WAXWING_VERSION; }
std::string_view build_name() { return WAXWING_VERSION "-" WAXWING_TARGET; }

}  // namespace waxwing::engine
