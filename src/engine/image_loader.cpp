// See image_loader.h.
#include "engine/image_loader.h"

#include <utility>

namespace waxwing::engine {
namespace {

MissReason reason_of(image::Fault fault) {
  switch (fault) {
    case image::Fault::truncated:
    case image::Fault::not_an_image:
    case image::Fault::damaged_metadata:
    case image::Fault::damaged_content:
    case image::Fault::inconsistent: return MissReason::damaged;
    case image::Fault::other_format:
    case image::Fault::other_module:
    case image::Fault::stale: return MissReason::stale;
    case image::Fault::not_signed:
    case image::Fault::wrong_signature: return MissReason::unsigned_;
    case image::Fault::out_of_memory: return MissReason::unusable;
  }
  return MissReason::damaged;
}

LoadFault fault_of(const image::Failure& failure) {
  const base::ErrorCode code = failure.fault == image::Fault::out_of_memory
                                   ? base::ErrorCode::out_of_memory
                                   : base::ErrorCode::invalid_argument;
  return {reason_of(failure.fault),
          base::Error{code, base::Error::no_offset, "the image " + failure.message()}};
}

/// What the host refuses to load.
LoadFault fault_of(base::Error error) {
  const bool is_wrong = error.code == base::ErrorCode::invalid_argument;
  return {is_wrong ? MissReason::damaged : MissReason::unusable, std::move(error)};
}

}  // namespace

std::expected<std::shared_ptr<const runtime::LoadedModule>, LoadFault> load_image(
    const cache::Blob& blob, const image::OpenOptions& options, const Announce& announce) {
  auto image = image::Image::open(blob, options);
  if (!image) return std::unexpected(fault_of(image.error()));
  const bool is_native = image::compat_value(image->compat, "tier") == "machine-code";
  if (image->has_code != is_native || (!is_native && !image->has_bodies))
    return std::unexpected(fault_of(image::Failure{image::Fault::inconsistent, "tier"}));
  auto loaded = std::make_shared<runtime::LoadedModule>(std::move(image->module));
  std::vector<runtime::DataImage> data;
  for (image::MemoryPart& part : image->memory_parts)
    data.push_back({part.memory, part.offset, std::move(part.bytes)});
  loaded->data_images.give(std::move(data));
  if (!image->has_code) return loaded;
  auto code = runtime::NativeCode::load({.tables = image->tables,
                                         .owner = loaded->module.owner,
                                         .text = image->text,
                                         .file = blob.file(),
                                         .file_offset = image->text_offset},
                                        loaded->module, runtime::FaultHandling::host_owned);
  if (!code) return std::unexpected(fault_of(std::move(code).error()));
  if (announce) announce(**code, loaded->module);
  loaded->native = *std::move(code);
  return loaded;
}

}  // namespace waxwing::engine
