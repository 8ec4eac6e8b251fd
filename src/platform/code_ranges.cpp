// A sorted array behind an atomic pointer. Adding publishes a copy; removing clears an entry's
// callback in place, and the next copy leaves it out. Old arrays are freed when no reader that may
// have seen them is left: readers count themselves in one of two counters, writers make new readers
// use the other one in turn, and an array goes after each counter was seen at zero. So writers need
// not wait for a moment without any reader, and readers wait for nobody.
#include "platform/code_ranges.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <utility>

#include "base/check.h"

namespace waxwing::platform {
namespace {

struct Entry {
  uintptr_t begin = 0;
  uintptr_t end = 0;
  void* context = nullptr;
  std::atomic<FaultCallback> callback = nullptr;  // null: removed
};

/// Entries in the order of their addresses; they never overlap.
struct Table {
  size_t count = 0;
  std::unique_ptr<Entry[]> entries;
  Table* next = nullptr;  // of those that wait to be freed

  /// The entry whose range `pc` lies in, removed or not; null if none.
  Entry* find(uintptr_t pc) const {
    Entry* const first = entries.get();
    Entry* const after =
        std::upper_bound(first, first + count, pc,
                         [](uintptr_t key, const Entry& entry) { return key < entry.begin; });
    if (after == first || pc >= (after - 1)->end) return nullptr;
    return after - 1;
  }
};

Table* allocate_table(size_t capacity) {
  std::unique_ptr<Table> table(new (std::nothrow) Table);
  if (table == nullptr) return nullptr;
  table->entries.reset(new (std::nothrow) Entry[capacity]);
  return table->entries == nullptr ? nullptr : table.release();
}

class Registry {
 public:
  base::Result<> add(uintptr_t begin, uintptr_t end, FaultCallback callback, void* context);
  void remove(uintptr_t begin);
  bool answer(Fault& fault);

  void before_fork() { mutex_.lock(); }
  void after_fork_in_parent() { mutex_.unlock(); }
  void after_fork_in_child() {
    for (auto& readers : readers_) readers = 0;  // their threads are not here
    mutex_.unlock();
  }

 private:
  void retire(Table* table);
  void reclaim();

  std::atomic<Table*> table_ = nullptr;
  std::atomic<size_t> phase_ = 0;  // which counter new readers use
  std::atomic<uint32_t> readers_[2] = {0, 0};

  std::mutex mutex_;                  // held by writers; guards what follows
  Table* old_ = nullptr;              // retired before `drained_` was cleared
  Table* young_ = nullptr;            // retired since
  bool drained_[2] = {false, false};  // counters seen at zero since then
  size_t waiting_entries_ = 0;
};

constinit Registry registry;  // never destroyed: signal handlers run until the process ends

base::Result<> Registry::add(uintptr_t begin, uintptr_t end, FaultCallback callback,
                             void* context) {
  const std::lock_guard lock(mutex_);
  Table* const current = table_.load(std::memory_order_relaxed);
  const size_t count = current == nullptr ? 0 : current->count;
  std::unique_ptr<Table> next(allocate_table(count + 1));
  if (next == nullptr) return base::fail(base::ErrorCode::out_of_memory, "registering code");
  const auto append = [&next](uintptr_t from, uintptr_t to, FaultCallback call, void* data) {
    Entry& entry = next->entries[next->count++];
    entry.begin = from;
    entry.end = to;
    entry.context = data;
    entry.callback.store(call, std::memory_order_relaxed);
  };
  bool added = false;
  for (size_t i = 0; i < count; ++i) {
    const Entry& entry = current->entries[i];
    const FaultCallback call = entry.callback.load(std::memory_order_relaxed);
    if (call == nullptr) continue;
    if (entry.begin < end && begin < entry.end) {
      return base::fail(base::ErrorCode::invalid_argument, "this code is registered already");
    }
    if (!added && end <= entry.begin) {
      append(begin, end, callback, context);
      added = true;
    }
    append(entry.begin, entry.end, call, entry.context);
  }
  if (!added) append(begin, end, callback, context);
  table_.store(next.release());
  if (current != nullptr) retire(current);
  return {};
}

void Registry::remove(uintptr_t begin) {
  const std::lock_guard lock(mutex_);
  Table* const current = table_.load(std::memory_order_relaxed);
  Entry* const entry = current == nullptr ? nullptr : current->find(begin);
  CHECK(entry != nullptr && entry->begin == begin);
  entry->callback.store(nullptr, std::memory_order_release);
}

bool Registry::answer(Fault& fault) {
  // The default order of these three, and of the writers' store and loads, is what makes it right:
  // whoever counts itself after a writer has looked sees the writer's table.
  std::atomic<uint32_t>& readers = readers_[phase_.load()];
  readers.fetch_add(1);
  const Table* const table = table_.load();
  bool answered = false;
  if (table != nullptr) {
    if (const Entry* const entry = table->find(fault.registers.pc)) {
      const FaultCallback callback = entry->callback.load(std::memory_order_acquire);
      answered = callback != nullptr && callback(entry->context, fault);
    }
  }
  readers.fetch_sub(1);
  return answered;
}

/// REQUIRES: the mutex; `table` is not published any more.
void Registry::retire(Table* table) {
  // A flood of faults may delay freeing; what waits stays in proportion to what is there.
  const size_t limit = (size_t{1} << 16) + 4 * table->count;
  table->next = young_;
  young_ = table;
  waiting_entries_ += table->count;
  reclaim();
  reclaim();  // frees it at once where nobody reads
  while (waiting_entries_ > limit) {
    ::sched_yield();
    reclaim();
  }
}

void Registry::reclaim() {
  for (size_t i = 0; i < 2; ++i) drained_[i] = drained_[i] || readers_[i].load() == 0;
  if (drained_[0] && drained_[1]) {
    while (old_ != nullptr) {
      const std::unique_ptr<Table> freed(std::exchange(old_, old_->next));
      waiting_entries_ -= freed->count;
    }
    old_ = std::exchange(young_, nullptr);
    drained_[0] = drained_[1] = false;
  }
  phase_.store(1 - phase_.load());
}

/// A child of fork(2) gets a registry that no thread is in the middle of.
bool survive_forks() {
  return ::pthread_atfork([] { registry.before_fork(); }, [] { registry.after_fork_in_parent(); },
                          [] { registry.after_fork_in_child(); }) == 0;
}

}  // namespace

CodeRange::CodeRange(CodeRange&& other) noexcept : begin_(std::exchange(other.begin_, 0)) {}

CodeRange& CodeRange::operator=(CodeRange&& other) noexcept {
  if (this != &other) {
    remove();
    begin_ = std::exchange(other.begin_, 0);
  }
  return *this;
}

CodeRange::~CodeRange() { remove(); }

void CodeRange::remove() {
  if (begin_ != 0) registry.remove(begin_);
}

base::Result<CodeRange> CodeRange::add(std::span<const uint8_t> code, FaultCallback callback,
                                       void* context) {
  static const bool survives_forks = survive_forks();
  if (!survives_forks) return base::fail(base::ErrorCode::out_of_memory, "pthread_atfork");
  const auto begin = reinterpret_cast<uintptr_t>(code.data());
  if (begin == 0 || code.empty() || callback == nullptr) {
    return base::fail(base::ErrorCode::invalid_argument, "registering no code, or no callback");
  }
  TRY(registry.add(begin, begin + code.size(), callback, context));
  return CodeRange(begin);
}

bool answer_fault(Fault& fault) { return registry.answer(fault); }

}  // namespace waxwing::platform
