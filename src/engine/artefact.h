// Images that stand alone, as files: whether one may run here.
#pragma once

#include "base/result.h"
#include "engine/engine.h"
#include "image/image.h"

namespace waxwing::engine {

/// Whether an engine with that configuration can run what the image says it is. Errors say what
/// does not fit, and are `invalid_argument` or `unsupported`.
base::Result<> check_artefact(const image::Summary& summary, const Config& config);

}  // namespace waxwing::engine
