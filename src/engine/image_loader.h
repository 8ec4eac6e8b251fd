// From an image's bytes to a module that can be instantiated.
#pragma once

#include <expected>
#include <functional>
#include <memory>

#include "base/result.h"
#include "cache/store.h"
#include "engine/cache_events.h"
#include "image/image.h"
#include "runtime/compiled_module.h"
#include "runtime/native_code.h"

namespace waxwing::engine {

/// Told of machine code before anybody else has it; may be empty.
using Announce = std::function<void(runtime::NativeCode& code, const syntax::Module& module)>;

struct LoadFault {
  MissReason reason;
  base::Error error;
};

/// Opens the image in `blob` and loads it. Installs no fault handler. Fails where it is not an
/// image of what `options` name, or the host refuses what it needs.
std::expected<std::shared_ptr<const runtime::LoadedModule>, LoadFault> load_image(
    const cache::Blob& blob, const image::OpenOptions& options, const Announce& announce);

}  // namespace waxwing::engine
