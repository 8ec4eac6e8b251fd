// The store behind the handles of C, and what C has told of its objects.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wasm.h"
#include "waxwing/store.h"

namespace waxwing::c_api {

/// What the host has told of an object, or given to a function. Ends by its finalizer.
class HostInfo {
 public:
  using Finalizer = void (*)(void*);

  HostInfo() = default;
  HostInfo(void* data, Finalizer finalizer) : data_(data), finalizer_(finalizer) {}
  HostInfo(HostInfo&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        finalizer_(std::exchange(other.finalizer_, nullptr)) {}
  /// The finalizer of what was there is called when it is not there any more.
  HostInfo& operator=(HostInfo&& other) noexcept {
    const HostInfo old(std::move(*this));
    data_ = std::exchange(other.data_, nullptr);
    finalizer_ = std::exchange(other.finalizer_, nullptr);
    return *this;
  }
  ~HostInfo() {
    if (finalizer_) finalizer_(data_);
  }

  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  Finalizer finalizer_ = nullptr;
};

/// An object that no store owns but its handles: they share it.
struct SharedObject {
  HostInfo info;
};

/// Why code stopped, or could not begin.
struct TrapObject : SharedObject {
  std::string message;
  bool is_of_host = false;     // who made it; it may return it more than once
  std::vector<Frame> frames;   // innermost first
  std::optional<Error> error;  // none where the host made the trap and no call has met it
  bool is_jump = false;        // to a checkpoint: no call fails by it
};

struct StoreState : std::enable_shared_from_this<StoreState> {
  explicit StoreState(Store its_store) : store(std::move(its_store)) {}
  /// Forgets what C has told of its objects. Calls finalizers.
  void end();

  Store store;
  /// Of functions, globals, tables, memories, tags and instances, by identity. They live as long as
  /// the store.
  std::unordered_map<const void*, HostInfo> infos;
  bool has_ended = false;  // or is about to: its objects have no information any more
  /// Functions of linkers that were made for this store, by what they were made of.
  std::map<std::shared_ptr<const void>, Func> linked_funcs;
  std::optional<Error> last_error;
  /// What a host function returned, on its way to the host's call.
  std::shared_ptr<TrapObject> host_trap;
  CallOptions call_options;  // of each call from the host
};
using StorePtr = std::shared_ptr<StoreState>;

/// Notes why a function failed. `store` may be null.
void note_error(const StorePtr& store, const Error& error);

/// The value, or null: then the error is noted.
template <typename T>
std::optional<T> value_or_note(const StorePtr& store, Result<T> result) {
  if (result) return *std::move(result);
  note_error(store, std::move(result).error());
  return std::nullopt;
}

}  // namespace waxwing::c_api

struct wasm_store_t {
  waxwing::c_api::StorePtr state;
};

struct waxwing_error_t {
  waxwing::Error error;
};

namespace waxwing::c_api {
/// What the caller owns.
waxwing_error_t* new_error(const Error& error);
/// Null for success.
template <typename T>
waxwing_error_t* new_error(const Result<T>& result) {
  return result ? nullptr : new_error(result.error());
}
inline waxwing_error_t* new_error(ErrorCode code, std::string message) {
  return new_error(Error(code, std::move(message)));
}
}  // namespace waxwing::c_api
