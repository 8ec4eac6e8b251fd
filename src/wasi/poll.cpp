// poll_oneoff: one wait for clocks and descriptors together.
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "wasi/functions.h"
#include "wasi/io.h"

namespace waxwing::wasi {
namespace {

constexpr uint32_t max_subscriptions = 16384;

/// How long a subscription's entry is, and how far its clock lies behind where preview 1 has it.
struct SubscriptionLayout {
  uint32_t size_bytes;
  uint32_t clock_shift;
};
constexpr SubscriptionLayout preview_1{layout::subscription::size, 0};
constexpr SubscriptionLayout unstable{layout::subscription::size + layout::subscription::shift_0,
                                      layout::subscription::shift_0};

constexpr size_t no_item = std::numeric_limits<size_t>::max();

struct Subscription {
  uint64_t userdata = 0;
  EventType type = EventType::clock;
  uint64_t timeout_ns = 0;       // a clock's, from the start of the wait
  bool is_processor = false;     // ... or, of the clock of the process's processor time,
  uint64_t target_ns = 0;        // the time that it shall tell
  size_t item = no_item;         // a descriptor's place among the poll items
  vfs::File* unready = nullptr;  // ... or its file, as long as that is nothing to wait for
  uint64_t bytes_ready = 0;      // at least, of a descriptor that can be read
  Errno error = Errno::success;  // an event at once, whatever else happens
};

/// Everything that one call waits for.
struct Wait {
  std::vector<Subscription> subscriptions;
  std::vector<platform::PollItem> items;
  size_t unready_count = 0;                     // of subscriptions
  std::optional<uint64_t> timeout_ns;           // until the first clock
  std::optional<uint64_t> processor_target_ns;  // what the process's processor time shall be
  bool is_ready = false;                        // an event is there before any wait
};

uint64_t until(uint64_t target_ns, uint64_t now_ns) {
  return target_ns > now_ns ? target_ns - now_ns : 0;
}

/// A waiting guest spends no processor time of its own, but other threads of the process may.
void add_processor_clock(Call& call, platform::Clock clock, bool is_absolute, uint64_t timeout_ns,
                         Subscription& subscription) {
  const uint64_t now_ns = call.context.clocks().time_ns(clock);
  constexpr uint64_t never = std::numeric_limits<uint64_t>::max();
  subscription.target_ns = is_absolute                   ? timeout_ns
                           : timeout_ns > never - now_ns ? never
                                                         : now_ns + timeout_ns;
  if (subscription.target_ns <= now_ns) return;  // a timeout of 0
  if (clock == platform::Clock::thread_cpu) {
    subscription.error = Errno::notsup;
  } else {
    subscription.is_processor = true;
  }
}

void add_clock(Call& call, const uint8_t* entry, Subscription& subscription) {
  const uint32_t clock = base::load_le<uint32_t>(entry + layout::subscription::clock);
  const uint64_t timeout = base::load_le<uint64_t>(entry + layout::subscription::timeout);
  const uint32_t flags = base::load_le<uint16_t>(entry + layout::subscription::clock_flags);
  if (clock >= clock_count || flags > subclock_abstime) {
    subscription.error = Errno::inval;
  } else if (clock > static_cast<uint32_t>(platform::Clock::monotonic)) {
    add_processor_clock(call, static_cast<platform::Clock>(clock), flags == subclock_abstime,
                        timeout, subscription);
  } else if (flags == subclock_abstime) {
    subscription.timeout_ns =
        until(timeout, call.context.clocks().time_ns(static_cast<platform::Clock>(clock)));
  } else {
    subscription.timeout_ns = timeout;
  }
}

/// From where it is to its end, of a file that tells both.
uint64_t bytes_left(const Descriptor& descriptor) {
  if (descriptor.file == nullptr) return 0;
  const auto at = descriptor.file->seek(0, platform::Whence::current);
  const auto stat = descriptor.file->stat();
  return at && stat ? until(stat->size_bytes, *at) : 0;
}

void add_item(const platform::File& host, Subscription& subscription, Wait& wait) {
  const bool reads = subscription.type == EventType::fd_read;
  subscription.item = wait.items.size();
  wait.items.push_back({.file = &host, .want_read = reads, .want_write = !reads});
}

void add_descriptor(Call& call, const uint8_t* entry, Subscription& subscription, Wait& wait) {
  const uint32_t fd = base::load_le<uint32_t>(entry + layout::subscription::descriptor);
  const bool reads = subscription.type == EventType::fd_read;
  const WasiResult<Descriptor*> descriptor = call.context.fds().get(fd, rights::poll_fd_readwrite);
  if (!descriptor) {
    subscription.error = descriptor.error();
    return;
  }
  vfs::File* const file = (*descriptor)->file.get();
  if (file != nullptr && !file->try_ready()) {
    subscription.unready = file;
    ++wait.unready_count;
    return;
  }
  const platform::File* host = (*descriptor)->object().host_file();
  if (host == nullptr) {
    wait.is_ready = true;
    if (reads) subscription.bytes_ready = bytes_left(**descriptor);
    return;
  }
  // How many connections wait, the system does not tell: one at least, where it can be read.
  const vfs::Socket* const socket = (*descriptor)->socket();
  if (reads && socket != nullptr && socket->is_listener()) subscription.bytes_ready = 1;
  add_item(*host, subscription, wait);
}

/// Returns whether a file is ready that is nothing to wait for.
bool look_again(Wait& wait) {
  if (wait.unready_count == 0) return false;
  bool is_ready = false;
  for (Subscription& subscription : wait.subscriptions) {
    if (subscription.unready == nullptr || !subscription.unready->try_ready()) continue;
    const vfs::File* const file = std::exchange(subscription.unready, nullptr);
    --wait.unready_count;
    if (const platform::File* const host = file->host_file()) {
      add_item(*host, subscription, wait);
    } else {
      is_ready = true;
    }
  }
  return is_ready;
}

void add_timeout(const Subscription& clock, Wait& wait) {
  std::optional<uint64_t>& first = clock.is_processor ? wait.processor_target_ns : wait.timeout_ns;
  const uint64_t time_ns = clock.is_processor ? clock.target_ns : clock.timeout_ns;
  first = std::min(first.value_or(time_ns), time_ns);
}

WasiResult<Wait> read_subscriptions(Call& call, std::span<const uint8_t> entries,
                                    const SubscriptionLayout& layout_used) {
  Wait wait;
  for (size_t at = 0; at < entries.size(); at += layout_used.size_bytes) {
    const uint8_t* entry = &entries[at];
    const uint8_t tag = entry[layout::subscription::tag];
    if (tag >= event_type_count) return fail(Errno::inval);
    Subscription subscription{.userdata = base::load_le<uint64_t>(entry),
                              .type = static_cast<EventType>(tag)};
    if (subscription.type == EventType::clock) {
      add_clock(call, entry + layout_used.clock_shift, subscription);
      if (subscription.error == Errno::success) add_timeout(subscription, wait);
    } else {
      add_descriptor(call, entry, subscription, wait);
    }
    wait.is_ready |= subscription.error != Errno::success;
    wait.subscriptions.push_back(subscription);
  }
  return wait;
}

/// Which clocks ended a wait.
struct Ended {
  bool timeout = false;
  uint64_t processor_ns = 0;  // what the process's processor time is
};

/// Waits until something is there. Processor time passes as fast as all processors together at
/// most: that clock is looked at again when it may have come.
WasiResult<Ended> wait_for_first(Call& call, Wait& waited) {
  Clocks& clocks = call.context.clocks();
  std::optional<uint64_t> deadline_ns;
  if (waited.is_ready) {
    deadline_ns = 0;
  } else if (waited.timeout_ns) {
    deadline_ns = clocks.deadline_ns(*waited.timeout_ns);
  }
  const bool timeout_counts = !waited.is_ready || waited.timeout_ns == uint64_t{0};
  for (;;) {
    Ended ended;
    std::optional<uint64_t> look_ns = deadline_ns;
    if (waited.processor_target_ns) {
      ended.processor_ns = clocks.time_ns(platform::Clock::process_cpu);
      constexpr uint64_t least_ns = 1'000'000;
      const uint64_t left_ns = until(*waited.processor_target_ns, ended.processor_ns);
      const uint64_t next_ns =
          left_ns == 0 ? 0 : clocks.deadline_ns(std::max(left_ns / clocks.processors(), least_ns));
      look_ns = std::min(look_ns.value_or(next_ns), next_ns);
    }
    if (waited.unready_count != 0) {
      const uint64_t next_ns = platform::monotonic_ns() + try_again_ns;
      look_ns = std::min(look_ns.value_or(next_ns), next_ns);
    }
    const bool processor_over =
        waited.processor_target_ns && ended.processor_ns >= *waited.processor_target_ns;
    const platform::PollOutcome outcome = TRY(wait(call, waited.items, look_ns));
    const bool timed_out = outcome == platform::PollOutcome::timed_out;
    ended.timeout = timed_out && timeout_counts && waited.timeout_ns &&
                    (look_ns == deadline_ns || platform::monotonic_ns() >= *deadline_ns);
    const bool is_over = !timed_out || ended.timeout || waited.is_ready || processor_over;
    if (is_over || look_again(waited)) return ended;
  }
}

/// Writes an event where `subscription` has one to tell; returns whether it has.
bool put_event(const Wait& wait, const Subscription& subscription, const Ended& ended,
               uint8_t* event) {
  Errno error = subscription.error;
  uint64_t bytes_ready = 0;
  uint16_t flags = 0;
  if (error == Errno::success) {
    if (subscription.type == EventType::clock) {
      const bool is_over = subscription.is_processor
                               ? subscription.target_ns <= ended.processor_ns
                               : ended.timeout && subscription.timeout_ns <= *wait.timeout_ns;
      if (!is_over) return false;
    } else if (subscription.unready != nullptr) {
      return false;
    } else if (subscription.item == no_item) {
      bytes_ready = subscription.bytes_ready;
    } else {
      const platform::PollItem& item = wait.items[subscription.item];
      if (!item.is_ready()) return false;
      if (item.invalid) error = Errno::badf;
      if (item.hung_up || item.failed) flags = event_hangup;
      bytes_ready = std::max(item.bytes_ready, subscription.bytes_ready);
    }
  }
  std::fill_n(event, layout::event::size, uint8_t{0});
  base::store_le(event + layout::event::userdata, subscription.userdata);
  base::store_le(event + layout::event::error, error);
  event[layout::event::type] = static_cast<uint8_t>(subscription.type);
  base::store_le(event + layout::event::bytes, bytes_ready);
  base::store_le(event + layout::event::flags, flags);
  return true;
}

WasiResult<uint32_t> poll_with(Call& call, uint32_t subscriptions, GuestVector events,
                               const SubscriptionLayout& layout_used) {
  const uint32_t count = events.count;
  if (count == 0 || count > max_subscriptions) return fail(Errno::inval);
  const std::span<uint8_t> source =
      TRY(call.memory.bytes(subscriptions, uint64_t{count} * layout_used.size_bytes));
  const std::span<uint8_t> target =
      TRY(call.memory.bytes(events.address, uint64_t{count} * layout::event::size));
  const std::vector<uint8_t> entries(source.begin(), source.end());
  Wait waited = TRY(read_subscriptions(call, entries, layout_used));

  const Ended ended = TRY(wait_for_first(call, waited));
  uint32_t told = 0;
  for (const Subscription& subscription : waited.subscriptions) {
    uint8_t* const event = target.data() + size_t{told} * layout::event::size;
    if (put_event(waited, subscription, ended, event)) ++told;
  }
  return told;
}

}  // namespace

WasiResult<uint32_t> poll_oneoff(Call& call, uint32_t subscriptions, uint32_t events,
                                 uint32_t count) {
  return poll_with(call, subscriptions, {.address = events, .count = count}, preview_1);
}

WasiResult<uint32_t> poll_oneoff_0(Call& call, uint32_t subscriptions, uint32_t events,
                                   uint32_t count) {
  return poll_with(call, subscriptions, {.address = events, .count = count}, unstable);
}

}  // namespace waxwing::wasi
