// Entries on a server that speaks plain HTTP: GET, PUT and DELETE of BASE/<64 hexadecimal digits>,
// as bazel-remote, nginx with WebDAV, and gateways to S3 do.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "cache/store.h"
#include "remote/endpoint.h"
#include "remote/transfer.h"
#include "remote/wait_budget.h"

namespace waxwing::remote {

struct HttpOptions {
  std::string url;                   // "https://user:password@host:8080/path?query"
  std::vector<std::string> headers;  // "Name: value", sent with every request; 8 at most
  std::string ca_file;  // certificates to trust (PEM) instead of the system's; empty for those
  std::string program;  // waxwing-http; empty for the one beside this program

  uint64_t timeout_ns = 2'000'000'000;          // that all calls wait, together
  uint64_t connect_timeout_ns = 500'000'000;    // for a name, a connection and TLS
  uint64_t upload_timeout_ns = 60'000'000'000;  // for each upload, while nobody waits for it
  uint64_t retry_after_ns = 60'000'000'000;     // how long a server that failed is left alone
  uint64_t max_entry_bytes = uint64_t{1} << 30;
  bool read_only = false;  // nothing is put or removed; asking for it is no failure
};

/// A store elsewhere.
///
/// Trust. Whoever can write to the server, or to the way there where that is no HTTPS, chooses what
/// is returned. What it returns is checked before it is believed by the layers above, but only a
/// secret key keeps a well-made lie out.
///
/// Time. All that callers ever wait for the server, whatever it does, is `timeout_ns` in the life
/// of this object; time during which several threads wait counts once. Then, and for
/// `retry_after_ns` after each failure of the server or the way there, it is not asked, and calls
/// fail at once.
///
/// Cost. Each request is a process, which takes 10 ms more than the server does. `put` copies what
/// is in no file, and does not wait: uploads go on beside the caller until `finish`, and are
/// abandoned where the object is destroyed before. `get` does not ask for what is being uploaded,
/// nor again for what was missing a moment ago: whoever waited for the right to make an entry looks
/// a second time.
class HttpStore final : public cache::CacheStore {
 public:
  /// Asks nobody yet. Fails with `invalid_argument` and how to mend it.
  static base::Result<std::shared_ptr<HttpStore>> open(HttpOptions options);
  ~HttpStore() override;

  cache::StoreResult<cache::Blob> get(const cache::Digest& key) override;
  cache::StoreResult<> put(const cache::Digest& key, const cache::Blob& blob) override;
  /// Waits. A server that does not remove entries is as good as one that did.
  cache::StoreResult<> remove(const cache::Digest& key) override;

  struct Uploads {
    uint64_t done = 0;
    uint64_t failed = 0;
    uint64_t abandoned = 0;                     // since the time was up
    std::vector<cache::StoreFailure> failures;  // the first 16 of those that failed
  };
  /// Waits for the uploads, as long as `timeout_ns` allows, and abandons the others. Returns what
  /// became of all since the last call.
  Uploads finish();

  /// The server's address without secrets.
  const std::string& name() const { return name_; }
  uint64_t waited_ns() const;

 private:
  struct Upload {
    cache::Digest key;
    cache::Blob blob;
    Transfer transfer;
  };
  struct Waiting {
    cache::Digest key;
    cache::Blob blob;
  };
  struct Miss {
    cache::Digest key;
    uint64_t at_ns;
  };
  class Wait;

  HttpStore(HttpOptions options, Endpoint endpoint);

  TransferRequest request(Method method, const cache::Digest& key, uint64_t timeout_ns) const;
  cache::StoreFailure failure(cache::StoreFault fault, std::string cause) const;
  /// Fails while the server is left alone.
  cache::StoreResult<> admit();
  /// The failure that `reply` is, which may be a reason to leave the server alone.
  cache::StoreFailure learn(TransferReply reply);
  void leave_alone(const std::string& cause);
  /// One request, from start to end. `done` or `missing`.
  cache::StoreResult<Outcome> exchange(Method method, const cache::Digest& key,
                                       const platform::File* body);

  bool was_missing(const cache::Digest& key) const;
  void note_missing(const cache::Digest& key);
  void forget_missing(const cache::Digest& key);
  /// What is on its way to the server, or waits for it; else none.
  cache::Blob uploading(const cache::Digest& key);

  /// The next four hold `upload_mutex_`.
  cache::StoreResult<> start_upload(const cache::Digest& key, const cache::Blob& blob);
  void note_upload(cache::StoreResult<> result);
  /// Takes note of uploads that have ended, and starts those that wait for one to end.
  void pump();
  /// Ends all uploads.
  void abandon();

  const HttpOptions options_;
  const Endpoint endpoint_;
  const std::string name_;

  mutable std::mutex mutex_;
  WaitBudget budget_;
  uint64_t asked_again_ns_ = 0;
  std::string last_cause_;
  std::deque<Miss> misses_;  // the last few

  std::mutex upload_mutex_;  // taken before `mutex_`
  std::list<Upload> uploads_;
  std::deque<Waiting> waiting_;
  Uploads report_;
};

}  // namespace waxwing::remote
