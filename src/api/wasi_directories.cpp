#include "api/wasi_directories.h"

#include <utility>

#include "platform/clock.h"

namespace waxwing::api {
namespace {

base::Result<> check_root(detail::StoreCore& core, const std::shared_ptr<FileNode>& root,
                          const std::string& guest_path) {
  if (root != nullptr) {
    const detail::Silence silence(core);
    if (root->kind() == FileKind::directory) return {};
  }
  return base::fail(base::ErrorCode::invalid_argument,
                    "the file system for '" + guest_path + "' has no directory as its root");
}

/// Of clocks that count, the beginning: what a guest does to files shall not move them on.
std::function<uint64_t()> time_of(const WasiConfig& config,
                                  const std::shared_ptr<wasi::Clocks>& clocks) {
  if (config.clocks) return [clocks] { return clocks->time_ns(platform::Clock::realtime); };
  if (config.host_clocks) return &platform::realtime_ns;
  return [] { return wasi::counting_begin_ns; };
}

}  // namespace

base::Result<std::vector<wasi::Preopen>> preopens_of(detail::StoreCore& core,
                                                     const WasiConfig& config,
                                                     const std::shared_ptr<wasi::Clocks>& clocks) {
  std::vector<wasi::Preopen> preopens;
  preopens.reserve(config.directories.size() + config.memory_directories.size() +
                   config.overlays.size() + config.file_systems.size());
  for (const WasiDirectory& directory : config.directories) {
    preopens.push_back({.host_path = directory.host_path,
                        .guest_path = directory.guest_path,
                        .read_only = directory.read_only,
                        .special_files = directory.special_files});
  }
  const std::function<uint64_t()> now_ns = time_of(config, clocks);
  uint64_t device = 0;
  for (const WasiMemoryDirectory& directory : config.memory_directories) {
    preopens.push_back(
        {.guest_path = directory.guest_path,
         .directory = vfs::make_memory_directory({.max_bytes = directory.max_bytes,
                                                  .device = vfs::own_device(++device),
                                                  .now_ns = now_ns})});
  }
  for (const WasiOverlay& overlay : config.overlays) {
    wasi::Preopen preopen{.host_path = overlay.host_path, .guest_path = overlay.guest_path};
    preopen.overlay =
        vfs::MemoryOptions{.max_bytes = overlay.max_bytes, .device = ++device, .now_ns = now_ns};
    if (overlay.files != nullptr) {
      TRY(check_root(core, overlay.files, overlay.guest_path));
      preopen.directory = adapt(core, overlay.files, ++device, now_ns);
    }
    preopens.push_back(std::move(preopen));
  }
  for (const WasiFileSystem& files : config.file_systems) {
    TRY(check_root(core, files.root, files.guest_path));
    preopens.push_back({.guest_path = files.guest_path,
                        .directory = adapt(core, files.root, vfs::own_device(++device), now_ns),
                        .read_only = files.read_only});
  }
  return preopens;
}

}  // namespace waxwing::api
