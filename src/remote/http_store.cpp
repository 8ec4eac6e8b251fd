// See http_store.h.
#include "remote/http_store.h"

#include <algorithm>
#include <utility>

#include "platform/clock.h"
#include "platform/file_mapping.h"
#include "platform/poll.h"
#include "platform/sealed_file.h"

namespace waxwing::remote {

using cache::Blob;
using cache::Digest;
using cache::StoreFailure;
using cache::StoreFault;
using cache::StoreResult;
using platform::File;
using platform::FileError;
using platform::monotonic_ns;

namespace {

constexpr size_t max_headers = 8;
constexpr size_t max_uploads = 4;     // at once
constexpr size_t max_waiting = 1024;  // behind them
constexpr size_t max_failures = 16;
constexpr size_t max_misses = 64;
constexpr uint64_t miss_lasts_ns = 10'000'000'000;

/// At least 1, as 0 means no limit to libcurl.
uint64_t milliseconds(uint64_t ns) { return ns / 1'000'000 + 1; }

std::string seconds_text(uint64_t ns) {
  return ns < 1'000'000'000 ? std::to_string(ns / 1'000'000) + " ms"
                            : std::to_string(ns / 1'000'000'000) + " s";
}

StoreFault fault_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
    case Outcome::missing: break;
    case Outcome::refused: return StoreFault::refused;
    case Outcome::failing:
    case Outcome::unreachable:
    case Outcome::local_fault: return StoreFault::unavailable;
    case Outcome::too_large: return StoreFault::too_large;
  }
  return StoreFault::io_error;
}

/// The bytes of `file`, which nobody changes any more.
StoreResult<Blob> mapped(File file, const std::string& name) {
  const auto fail = [&](FileError error) {
    return std::unexpected(
        StoreFailure(StoreFault::exhausted, name, std::string(platform::file_error_text(error))));
  };
  if (auto sealed = platform::seal(file); !sealed) return fail(sealed.error());
  auto stat = file.stat();
  if (!stat) return fail(stat.error());
  if (stat->size_bytes == 0) {
    return std::unexpected(StoreFailure(StoreFault::damaged, name, "it is empty"));
  }
  auto mapping = platform::FileMapping::map(file, stat->size_bytes);
  if (!mapping) return fail(mapping.error());
  auto owner = std::make_shared<const platform::FileMapping>(std::move(*mapping));
  return Blob(owner->bytes(), owner, std::make_shared<const File>(std::move(file)));
}

/// The same bytes in a file of their own.
StoreResult<Blob> filed(const Blob& blob, const std::string& name) {
  auto file = platform::make_sealable_file("waxwing-upload", blob.bytes());
  if (file) return mapped(std::move(*file), name);
  return std::unexpected(StoreFailure(StoreFault::exhausted, name,
                                      std::string(platform::file_error_text(file.error()))));
}

}  // namespace

/// A caller who waits, from the construction on.
class HttpStore::Wait {
 public:
  explicit Wait(HttpStore& store) : store_(store) {
    const std::scoped_lock lock(store_.mutex_);
    begin_ns_ = monotonic_ns();
    deadline_ns_ = store_.budget_.begin(begin_ns_);
  }
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() {
    const std::scoped_lock lock(store_.mutex_);
    store_.budget_.end(monotonic_ns());
  }

  uint64_t deadline_ns() const { return deadline_ns_; }
  uint64_t left_ns() const { return deadline_ns_ - begin_ns_; }

 private:
  HttpStore& store_;
  uint64_t begin_ns_;
  uint64_t deadline_ns_;
};

base::Result<std::shared_ptr<HttpStore>> HttpStore::open(HttpOptions options) {
  Endpoint endpoint = TRY(parse_endpoint(options.url));
  for (std::string& header : options.headers) header = TRY(parse_header(header));
  const auto refuse = [](std::string text) {
    return base::fail(base::ErrorCode::invalid_argument, std::move(text));
  };
  if (options.headers.size() > max_headers) {
    return refuse("at most 8 headers go with the requests to a remote cache");
  }
  if (!is_plain(options.ca_file) || options.ca_file.size() > 4096) {
    return refuse("the path of the remote cache's certificates is not plain ASCII");
  }
  if (options.program.empty()) options.program = platform::sibling_program("waxwing-http");
  if (options.program.empty()) {
    return refuse("the system does not tell where waxwing is, and so where waxwing-http is");
  }
  return std::shared_ptr<HttpStore>(new HttpStore(std::move(options), std::move(endpoint)));
}

HttpStore::HttpStore(HttpOptions options, Endpoint endpoint)
    : options_(std::move(options)),
      endpoint_(std::move(endpoint)),
      name_(endpoint_.redacted()),
      budget_(options_.timeout_ns) {}

HttpStore::~HttpStore() = default;

uint64_t HttpStore::waited_ns() const {
  const std::scoped_lock lock(mutex_);
  return budget_.waited_ns(monotonic_ns());
}

StoreFailure HttpStore::failure(StoreFault fault, std::string cause) const {
  return StoreFailure(fault, name_, std::move(cause));
}

TransferRequest HttpStore::request(Method method, const Digest& key, uint64_t timeout_ns) const {
  return {.method = method,
          .url = endpoint_.entry_url(key),
          .user = endpoint_.user,
          .password = endpoint_.password,
          .headers = options_.headers,
          .ca_file = options_.ca_file,
          .connect_timeout_ms = milliseconds(std::min(options_.connect_timeout_ns, timeout_ns)),
          .timeout_ms = milliseconds(timeout_ns),
          .max_body_bytes = method == Method::get ? options_.max_entry_bytes : 0};
}

StoreResult<> HttpStore::admit() {
  const std::scoped_lock lock(mutex_);
  const uint64_t now = monotonic_ns();
  if (now < asked_again_ns_) {
    return std::unexpected(failure(
        StoreFault::unavailable,
        "not asked for " + seconds_text(options_.retry_after_ns) + " since: " + last_cause_));
  }
  if (budget_.deadline_ns(now) <= now) {
    return std::unexpected(
        failure(StoreFault::unavailable,
                "the " + seconds_text(options_.timeout_ns) + " to wait for it were used up"));
  }
  return {};
}

void HttpStore::leave_alone(const std::string& cause) {
  const std::scoped_lock lock(mutex_);
  const uint64_t now = monotonic_ns();
  asked_again_ns_ = now + std::min(options_.retry_after_ns, UINT64_MAX - now);
  last_cause_ = cause;
}

StoreFailure HttpStore::learn(TransferReply reply) {
  const bool is_an_answer =
      reply.outcome == Outcome::refused || reply.outcome == Outcome::too_large;
  if (!is_an_answer) leave_alone(reply.cause);
  return failure(fault_of(reply.outcome), std::move(reply.cause));
}

StoreResult<Outcome> HttpStore::exchange(Method method, const Digest& key, const File* body) {
  const Wait wait(*this);
  // A little less, so that the program can say what it waited for.
  const uint64_t timeout_ns = wait.left_ns() - wait.left_ns() / 16;
  auto transfer = Transfer::start(options_.program, request(method, key, timeout_ns), body);
  if (!transfer) {
    return std::unexpected(learn({Outcome::local_fault, std::move(transfer.error())}));
  }
  std::optional<TransferReply> reply = transfer->wait(wait.deadline_ns());
  if (!reply) {
    reply = {Outcome::unreachable, "no whole answer within " + seconds_text(wait.left_ns())};
  }
  if (reply->outcome == Outcome::done || reply->outcome == Outcome::missing) return reply->outcome;
  return std::unexpected(learn(std::move(*reply)));
}

bool HttpStore::was_missing(const Digest& key) const {
  const std::scoped_lock lock(mutex_);
  const uint64_t now = monotonic_ns();
  return std::ranges::any_of(misses_, [&](const Miss& miss) {
    return miss.key == key && now - miss.at_ns < miss_lasts_ns;
  });
}

void HttpStore::note_missing(const Digest& key) {
  const std::scoped_lock lock(mutex_);
  if (misses_.size() == max_misses) misses_.pop_front();
  misses_.push_back({key, monotonic_ns()});
}

void HttpStore::forget_missing(const Digest& key) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(misses_, [&](const Miss& miss) { return miss.key == key; });
}

Blob HttpStore::uploading(const Digest& key) {
  const std::scoped_lock lock(upload_mutex_);
  for (const Waiting& waiting : waiting_) {
    if (waiting.key == key) return waiting.blob;
  }
  for (const Upload& upload : uploads_) {
    if (upload.key == key) return upload.blob;
  }
  return Blob();
}

StoreResult<Blob> HttpStore::get(const Digest& key) {
  if (Blob blob = uploading(key)) return blob;
  if (was_missing(key)) return Blob();
  TRY(admit());
  auto body = platform::make_sealable_file("waxwing-download");
  if (!body) {
    return std::unexpected(
        failure(StoreFault::exhausted, std::string(platform::file_error_text(body.error()))));
  }
  if (TRY(exchange(Method::get, key, &*body)) == Outcome::missing) {
    note_missing(key);
    return Blob();
  }
  return mapped(std::move(*body), name_);
}

StoreResult<> HttpStore::remove(const Digest& key) {
  if (options_.read_only) return {};
  TRY(admit());
  StoreResult<Outcome> outcome = exchange(Method::remove, key, nullptr);
  if (outcome || outcome.error().fault == StoreFault::refused) return {};
  return std::unexpected(std::move(outcome.error()));
}

StoreResult<> HttpStore::put(const Digest& key, const Blob& blob) {
  if (options_.read_only) return {};
  if (blob.size() > options_.max_entry_bytes) {
    return std::unexpected(failure(StoreFault::too_large, std::to_string(blob.size()) + " bytes"));
  }
  TRY(admit());
  forget_missing(key);
  const std::scoped_lock lock(upload_mutex_);
  pump();
  if (uploads_.size() < max_uploads) return start_upload(key, blob);
  if (waiting_.size() == max_waiting) {
    return std::unexpected(failure(StoreFault::exhausted, "too many uploads wait"));
  }
  waiting_.push_back({key, blob});
  return {};
}

StoreResult<> HttpStore::start_upload(const Digest& key, const Blob& blob) {
  const Blob body = blob.file() != nullptr ? blob : TRY(filed(blob, name_));
  auto transfer = Transfer::start(
      options_.program, request(Method::put, key, options_.upload_timeout_ns), body.file());
  if (!transfer) {
    return std::unexpected(learn({Outcome::local_fault, std::move(transfer.error())}));
  }
  uploads_.push_back({key, body, std::move(*transfer)});
  return {};
}

void HttpStore::note_upload(StoreResult<> result) {
  if (result) {
    ++report_.done;
    return;
  }
  ++report_.failed;
  if (report_.failures.size() < max_failures) {
    report_.failures.push_back(std::move(result.error()));
  }
}

void HttpStore::pump() {
  for (auto upload = uploads_.begin(); upload != uploads_.end();) {
    std::optional<TransferReply> reply = upload->transfer.wait(0);
    if (!reply) {
      ++upload;
      continue;
    }
    upload = uploads_.erase(upload);
    const bool is_done = reply->outcome == Outcome::done;
    note_upload(is_done ? StoreResult<>() : std::unexpected(learn(std::move(*reply))));
  }
  while (!waiting_.empty() && uploads_.size() < max_uploads) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    StoreResult<> started = admit();
    if (started) started = start_upload(next.key, next.blob);
    if (!started) note_upload(std::move(started));
  }
}

void HttpStore::abandon() {
  report_.abandoned += uploads_.size() + waiting_.size();
  uploads_.clear();
  waiting_.clear();
}

HttpStore::Uploads HttpStore::finish() {
  const std::scoped_lock lock(upload_mutex_);
  pump();
  if (!uploads_.empty()) {
    const Wait wait(*this);
    while (!uploads_.empty() && monotonic_ns() < wait.deadline_ns()) {
      std::vector<platform::PollItem> items;
      for (const Upload& upload : uploads_) {
        items.push_back({.file = &upload.transfer.progress(), .want_read = true});
      }
      if (!platform::poll(items, {.deadline_ns = wait.deadline_ns()})) break;
      pump();
    }
  }
  abandon();
  return std::exchange(report_, {});
}

}  // namespace waxwing::remote
