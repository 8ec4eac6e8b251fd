// See remote_layer.h.
#include "cli/remote_layer.h"

#include <cstdlib>
#include <utility>

namespace waxwing::cli {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Fallible<std::shared_ptr<RemoteLayer>> RemoteLayer::open(const CacheSettings& settings) {
  remote::HttpOptions options;
  options.url = settings.remote.empty() ? variable("WAXWING_CACHE_REMOTE") : settings.remote;
  if (options.url.empty()) return nullptr;
  if (std::string header = variable("WAXWING_CACHE_REMOTE_HEADER"); !header.empty()) {
    options.headers.push_back(std::move(header));
  }
  options.read_only = !settings.puts_remotely;
  if (settings.remote_timeout_ns) options.timeout_ns = *settings.remote_timeout_ns;
  auto server = remote::HttpStore::open(std::move(options));
  if (server) return std::make_shared<RemoteLayer>(*std::move(server));
  return fail(exit_code::usage, "--cache-remote: " + server.error().message());
}

void RemoteLayer::note(const cache::StoreFailure& failure) {
  constexpr size_t max_failures = 16;
  const std::lock_guard lock(mutex_);
  if (failures_.size() < max_failures) failures_.push_back(failure.message());
}

cache::StoreResult<cache::Blob> RemoteLayer::get(const cache::Digest& key) {
  auto blob = server_->get(key);
  if (!blob) {
    note(blob.error());
    return cache::Blob();
  }
  if (*blob) hits_.fetch_add(1, std::memory_order_relaxed);
  return blob;
}

cache::StoreResult<> RemoteLayer::put(const cache::Digest& key, const cache::Blob& blob) {
  if (const auto put = server_->put(key, blob); !put) note(put.error());
  return {};
}

cache::StoreResult<> RemoteLayer::remove(const cache::Digest& key) {
  if (const auto removed = server_->remove(key); !removed) note(removed.error());
  return {};
}

std::vector<std::string> RemoteLayer::finish() {
  const remote::HttpStore::Uploads uploads = server_->finish();
  for (const cache::StoreFailure& failure : uploads.failures) note(failure);
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines = std::exchange(failures_, {});
  if (uploads.abandoned != 0) {
    lines.push_back(server_->name() + ": " + std::to_string(uploads.abandoned) +
                    " uploads were given up, since the time for them was over");
  }
  return lines;
}

}  // namespace waxwing::cli
