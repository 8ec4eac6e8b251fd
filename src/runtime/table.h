// Tables of references. [spec 4.2.7, 4.5.2]
#pragma once

#include <memory>
#include <span>

#include "abi/vm_context.h"
#include "base/result.h"
#include "platform/virtual_memory.h"
#include "runtime/memory.h"
#include "runtime/slot.h"
#include "runtime/stop_word.h"
#include "syntax/types.h"

namespace waxwing::runtime {

/// A table. `data()` may move when it grows.
class Table {
 public:
  /// `type.element` is engine-wide. All elements are `init`. Errors as Memory::create, with
  /// `table_size`.
  static base::Result<std::unique_ptr<Table>> create(const syntax::TableType& type, Ref init,
                                                     std::shared_ptr<ResourceBudget> budget);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const syntax::TableType& type() const { return type_; }
  /// The type as another module sees it now: the current size is the minimum. [spec 3.5.12]
  syntax::TableType current_type() const;
  Ref* data() const { return reinterpret_cast<Ref*>(record_.elements); }
  uint64_t size() const { return record_.size; }
  /// What code reads. Its address never changes.
  abi::TableRecord& record() { return record_; }

  /// Grows by `delta` elements that are `init`. Returns the old size, or -1 where the maximum, the
  /// budget or the host refuses, or `stop` says so before all elements are written.
  int64_t grow(uint64_t delta, Ref init, StopWord stop = nullptr);

  /// Makes the table what it was, for its next user; gives back what it has grown by.
  /// REQUIRES: elements.size() <= size()
  void restore(std::span<const Ref> elements);

  bool contains(uint64_t index, uint64_t count) const {
    return count <= size() && index <= size() - count;
  }

 private:
  Table(const syntax::TableType& type, std::shared_ptr<ResourceBudget> budget);

  syntax::TableType type_;
  std::shared_ptr<ResourceBudget> budget_;
  platform::Buffer buffer_;
  abi::TableRecord record_;  // its elements are in buffer_
};

}  // namespace waxwing::runtime
