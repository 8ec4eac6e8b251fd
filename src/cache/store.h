// Where a cache keeps its entries: names that are digests, and bytes that mean nothing here. What
// an entry must look like, and whether it is whole, is the business of the layers above.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/stop_flag.h"
#include "cache/digest.h"
#include "platform/file.h"

namespace waxwing::cache {

enum class StoreFault : uint8_t {
#define STORE_FAULT(ID, TEXT) ID,
#include "cache/store_faults.def"
};

/// The id of `fault` as it is written in C++: a stable word for statistics.
std::string_view store_fault_name(StoreFault fault);
/// What `fault` says of the thing that is named before it.
std::string_view store_fault_text(StoreFault fault);

/// Why a store could not do something. A miss is none.
struct StoreFailure {
  StoreFault fault;
  std::string what;   // the thing: a path, where there is one; may be empty
  std::string cause;  // more, where more is known; may be empty

  explicit StoreFailure(StoreFault store_fault, std::string thing = {}, std::string more = {})
      : fault(store_fault), what(std::move(thing)), cause(std::move(more)) {}

  /// "/home/user/.cache/waxwing belongs to another user (uid 1000)": one line for people.
  std::string message() const;
};

template <typename T = void>
using StoreResult = std::expected<T, StoreFailure>;

/// Bytes that never change, shared by whoever holds a copy of this handle, or nothing. The bytes do
/// not move. As thread-safe as a shared_ptr.
class Blob {
 public:
  /// Nothing: a miss.
  Blob() = default;
  /// `bytes` live as long as `owner`, which is not null. `file` is open for reading and holds
  /// exactly these bytes from its start on; or null.
  Blob(base::ByteSpan bytes, std::shared_ptr<const void> owner,
       std::shared_ptr<const platform::File> file = nullptr);

  static Blob own(std::vector<uint8_t> bytes);
  /// Fails with `exhausted` where there is no memory for them.
  static StoreResult<Blob> copy_of(base::ByteSpan bytes);

  explicit operator bool() const { return owner_ != nullptr; }
  base::ByteSpan bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }

  /// What keeps the bytes; null where there are none.
  const std::shared_ptr<const void>& owner() const { return owner_; }

  /// The file that the bytes are in, to map parts of it with other rights; null where there is
  /// none, or this handle does not keep it open.
  const platform::File* file() const { return file_.get(); }
  const std::shared_ptr<const platform::File>& shared_file() const { return file_; }
  /// The same bytes, but this handle keeps no file open.
  Blob without_file() const { return owner_ ? Blob(bytes_, owner_) : Blob(); }

 private:
  base::ByteSpan bytes_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const platform::File> file_;
};

/// How much a store may hold.
struct Budget {
  uint64_t max_bytes = UINT64_MAX;
  uint64_t max_entries = UINT64_MAX;

  bool holds(uint64_t bytes, uint64_t entries) const {
    return bytes <= max_bytes && entries <= max_entries;
  }
};

/// The right, among all who share a store, to be the one who makes an entry. It ends with this
/// handle, and where its process dies.
class Lease {
 public:
  enum class State : uint8_t {
    held,         // make the entry, unless it is there by now
    timed_out,    // somebody else still makes it: no reason to wait any longer
    unavailable,  // the store does not know who makes what
  };

  explicit Lease(State state) : state_(state), has_waited_(state == State::timed_out) {}
  /// Held until `keeper` is destroyed. `has_waited`: another one had it when it was asked for.
  static Lease held(std::shared_ptr<const void> keeper, bool has_waited = false);

  State state() const { return state_; }
  bool has_waited() const { return has_waited_; }

 private:
  State state_;
  bool has_waited_;
  std::shared_ptr<const void> keeper_;
};

/// An entry, for people and for housekeeping.
struct EntryInfo {
  Digest key = {};
  std::string generation;  // the part of a directory that it is in; empty elsewhere
  uint64_t size_bytes = 0;
  uint64_t used_ns = 0;  // when it was used last, since 1970; to the hour. 0 where nobody knows
};

/// What embedders implement to keep entries elsewhere. Every method may be called from any thread
/// at any time, with any other under way. A store may forget an entry whenever it likes, and may
/// return bytes that are not those that were put: they are checked before they are believed. No
/// method throws. (All is inline: embedders that have RTTI need a type that has it, too.)
class CacheStore {
 public:
  CacheStore() = default;
  CacheStore(const CacheStore&) = delete;
  CacheStore& operator=(const CacheStore&) = delete;
  virtual ~CacheStore() = default;

  /// The entry `key`, or no blob where there is none.
  virtual StoreResult<Blob> get(const Digest& key) = 0;

  /// As `get`, for whoever only looks at the entry: it is not used thereby.
  virtual StoreResult<Blob> peek(const Digest& key) { return get(key); }

  /// Whether bytes are the entry that was asked for.
  using Accept = std::function<bool(const Blob&)>;
  /// As `get`, but what `accept` refuses is `damaged`. A store that has entries from several places
  /// looks on, and keeps what is accepted in place of what is not; the blob returned may then be
  /// another than was accepted, of the same bytes.
  virtual StoreResult<Blob> get_accepted(const Digest& key, const Accept& accept) {
    StoreResult<Blob> blob = get(key);
    if (blob && *blob && !accept(*blob))
      return std::unexpected(StoreFailure(StoreFault::damaged, "what was found"));
    return blob;
  }

  /// Makes `blob`, which is there and not empty, the entry `key`, replacing what was there. Whoever
  /// reads meanwhile sees the old entry or the new one, never a mixture.
  virtual StoreResult<> put(const Digest& key, const Blob& blob) = 0;

  /// There is no entry `key` afterwards; no failure where there was none.
  virtual StoreResult<> remove(const Digest& key) = 0;

  /// Notes that the entry `key` is in use, where the store evicts by age: a hit in a store above
  /// never reaches this one. No failure where there is no entry.
  virtual StoreResult<> touch(const Digest& /*key*/) { return {}; }

  /// Waits at most `timeout_ns`, or until `stop` is set, for the right to make the entry `key`.
  /// Whoever gets it should look once more whether the entry is there.
  virtual Lease lease(const Digest& /*key*/, uint64_t /*timeout_ns*/,
                      const base::StopFlag* /*stop*/ = nullptr) {
    return Lease(Lease::State::unavailable);
  }

  /// All entries, in no order; `unavailable` where the store cannot tell.
  virtual StoreResult<std::vector<EntryInfo>> entries() {
    return std::unexpected(StoreFailure{StoreFault::unavailable, "a list of the entries"});
  }
};

}  // namespace waxwing::cache
