// The remote store as a layer of the command line's cache: what goes wrong there is as if it were
// not there, and is told where somebody asks.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cache/store.h"
#include "cli/messages.h"
#include "cli/options.h"
#include "remote/http_store.h"

namespace waxwing::cli {

class RemoteLayer final : public cache::CacheStore {
 public:
  /// The server that --cache-remote, else WAXWING_CACHE_REMOTE names; null where neither does. The
  /// variable WAXWING_CACHE_REMOTE_HEADER is sent with every request. Fails where the option's
  /// address is none; where a variable is wrong, that is told, and the result is null.
  static Fallible<std::shared_ptr<RemoteLayer>> open(const CacheSettings& settings);

  explicit RemoteLayer(std::shared_ptr<remote::HttpStore> server) : server_(std::move(server)) {}

  cache::StoreResult<cache::Blob> get(const cache::Digest& key) override;
  cache::StoreResult<> put(const cache::Digest& key, const cache::Blob& blob) override;
  cache::StoreResult<> remove(const cache::Digest& key) override;

  /// Entries that the server had.
  uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  const std::string& name() const { return server_->name(); }

  /// Waits for uploads, within the bound. Returns a line for each thing that went wrong.
  std::vector<std::string> finish();

 private:
  void note(const cache::StoreFailure& failure);

  const std::shared_ptr<remote::HttpStore> server_;
  std::atomic<uint64_t> hits_ = 0;
  std::mutex mutex_;
  bool is_silent_ = false;             // and that was noted
  std::vector<std::string> failures_;  // few: a server that failed is left alone
};

}  // namespace waxwing::cli
