// Exceptions of WebAssembly: what `throw` throws and `try_table` catches, seen and made by hosts.
// What C++ functions throw is something else, and in `Error::exception`. [spec 4.2.14]
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

#include "waxwing/error.h"
#include "waxwing/export.h"
#include "waxwing/store.h"
#include "waxwing/value.h"

namespace waxwing {

/// A tag and the values that are thrown with it. A small value, like a Ref: what it stands for
/// lives as long as there are handles of it and its store is open; the thread that uses the store
/// uses, copies and destroys it.
class WAXWING_API Exception {
 public:
  /// Errors: `wrong_type` where count or types of the values are not the tag's, `wrong_store`,
  /// `store_closed`, `out_of_memory` where the store's heap is full.
  static Result<Exception> create(const Tag& tag, std::span<const Value> values = {});
  static Result<Exception> create(const Tag& tag, std::initializer_list<Value> values) {
    return create(tag, std::span<const Value>(values.begin(), values.size()));
  }
  /// What an exnref refers to, or nothing where it is null or something else.
  static std::optional<Exception> from(const Ref& ref);

  /// Both fail with `store_closed` alone.
  Result<Tag> tag() const;
  Result<std::vector<Value>> values() const;
  /// Of type exnref: for Wasm code to keep, look into and throw again.
  const Ref& ref() const noexcept { return ref_; }
  /// Whether both are the same one.
  bool operator==(const Exception& other) const noexcept = default;

  // Copies and nothing else: one that was moved from stays what it was.
  Exception(const Exception&) = default;
  Exception& operator=(const Exception&) = default;
  ~Exception() = default;

 private:
  friend struct detail::Access;
  explicit Exception(const Ref& ref) : ref_(ref) {}
  Ref ref_;
};

/// What a host function returns, whose result is a `Result`, to throw an exception in the Wasm code
/// that calls it: `return throw_exception(tag, {7});`. It is caught there as any other, or goes on
/// to the host's call. What Exception::create refuses is a trap.
WAXWING_API std::unexpected<Error> throw_exception(const Tag& tag,
                                                   std::span<const Value> values = {});
inline std::unexpected<Error> throw_exception(const Tag& tag, std::initializer_list<Value> values) {
  return throw_exception(tag, std::span<const Value>(values.begin(), values.size()));
}
/// The same with one that is there already.
inline std::unexpected<Error> throw_exception(const Exception& exception) {
  return std::unexpected(Error(exception));
}

}  // namespace waxwing
