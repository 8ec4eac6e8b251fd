// See remote_layer.h.
#include "cli/remote_layer.h"

#include <cstdlib>
#include <utility>

namespace waxwing::cli {
namespace {

constexpr const char* url_variable = "WAXWING_CACHE_REMOTE";
constexpr const char* header_variable = "WAXWING_CACHE_REMOTE_HEADER";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// The environment is not the command's: what is wrong there stops nothing.
std::nullptr_t go_on_without(const char* name, const base::Error& error) {
  warn(std::string(name) + ": " + error.message() + "; going on without a remote store");
  return nullptr;
}

}  // namespace

Fallible<std::shared_ptr<RemoteLayer>> RemoteLayer::open(const CacheSettings& settings) {
  remote::HttpOptions options;
  const bool is_option = !settings.remote.empty();
  options.url = is_option ? settings.remote : variable(url_variable);
  if (options.url.empty()) return nullptr;
  options.read_only = !settings.puts_remotely;
  options.timeout_ns = settings.remote_timeout_ns;
  // First without the header, so that it is known what is wrong.
  auto server = remote::HttpStore::open(options);
  if (!server && is_option) {
    return fail(exit_code::usage, "--cache-remote: " + server.error().message());
  }
  if (!server) return go_on_without(url_variable, server.error());
  if (std::string header = variable(header_variable); !header.empty()) {
    options.headers.push_back(std::move(header));
    server = remote::HttpStore::open(std::move(options));
    if (!server) return go_on_without(header_variable, server.error());
  }
  return std::make_shared<RemoteLayer>(*std::move(server));
}

void RemoteLayer::note(const cache::StoreFailure& failure) {
  constexpr size_t max_failures = 16;
  const std::lock_guard lock(mutex_);
  // A server that does not answer is told of once: what follows is that it is left alone.
  if (failure.fault == cache::StoreFault::unavailable && std::exchange(is_silent_, true)) return;
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
