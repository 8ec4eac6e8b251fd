// ppoll(2) with an eventfd as the wish of another thread.
#include "platform/poll.h"

#include <algorithm>
#include <memory>
#include <new>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <utility>

#include "platform/clock.h"
#include "platform/posix.h"

namespace waxwing::platform {
namespace {

void fill_request(const PollItem& item, pollfd& request) {
  request.fd = item.file == nullptr ? -1 : item.file->descriptor();
  request.events =
      static_cast<short>((item.want_read ? POLLIN : 0) | (item.want_write ? POLLOUT : 0));
  request.revents = 0;
}

void fill_item(const pollfd& request, PollItem& item) {
  const int events = request.revents;
  item.hung_up = (events & POLLHUP) != 0;
  item.failed = (events & POLLERR) != 0;
  item.invalid = (events & POLLNVAL) != 0 || request.fd < 0;
  item.readable = item.want_read && (events & (POLLIN | POLLHUP | POLLERR)) != 0;
  item.writable = item.want_write && (events & (POLLOUT | POLLERR)) != 0;
  item.bytes_ready = 0;
  int available = 0;
  if (item.readable && ::ioctl(request.fd, FIONREAD, &available) == 0 && available > 0) {
    item.bytes_ready = static_cast<uint64_t>(available);
  }
}

/// ppoll until something happens or `deadline_ns` has passed. Returns what ppoll does.
int poll_until(pollfd* requests, size_t count, std::optional<uint64_t> deadline_ns) {
  for (;;) {
    timespec remaining{};
    if (deadline_ns) {
      const uint64_t now = monotonic_ns();
      const uint64_t remaining_ns = *deadline_ns > now ? *deadline_ns - now : 0;
      remaining.tv_sec = static_cast<time_t>(remaining_ns / 1'000'000'000);
      remaining.tv_nsec = static_cast<long>(remaining_ns % 1'000'000'000);
    }
    const int ready = ::ppoll(requests, count, deadline_ns ? &remaining : nullptr, nullptr);
    if (ready != -1 || errno != EINTR) return ready;
  }
}

}  // namespace

FileResult<WakeEvent> WakeEvent::create() {
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor == -1) return last_failure();
  return WakeEvent(File::own(descriptor));
}

void WakeEvent::signal() const {
  const int saved = errno;
  const uint64_t one = 1;
  // Fails only where the count is at its end, and then the event is signalled.
  retry_interrupted([&] { return ::write(event_.descriptor(), &one, sizeof one); });
  errno = saved;
}

void WakeEvent::clear() const {
  uint64_t count = 0;
  retry_interrupted([&] { return ::read(event_.descriptor(), &count, sizeof count); });
}

bool WakeEvent::is_signalled() const {
  pollfd request{.fd = event_.descriptor(), .events = POLLIN, .revents = 0};
  return poll_until(&request, 1, 0) > 0 && (request.revents & POLLIN) != 0;
}

FileResult<PollOutcome> poll(std::span<PollItem> items, const PollOptions& options) {
  const size_t count = items.size() + 1;  // the wake event goes last
  const std::unique_ptr<pollfd[]> requests(new (std::nothrow) pollfd[count]);
  if (!requests) return std::unexpected(FileError::nomem);
  std::optional<uint64_t> deadline_ns = options.deadline_ns;
  for (size_t i = 0; i < items.size(); ++i) {
    fill_request(items[i], requests[i]);
    if (requests[i].fd < 0) deadline_ns = 0;  // the system skips these; to us they are ready
  }
  pollfd& wake = requests[items.size()];
  wake = {.fd = options.wake == nullptr ? -1 : options.wake->file().descriptor(),
          .events = POLLIN,
          .revents = 0};
  if (poll_until(requests.get(), count, deadline_ns) == -1) return last_failure();
  bool ready = false;
  for (size_t i = 0; i < items.size(); ++i) {
    fill_item(requests[i], items[i]);
    ready |= items[i].is_ready();
  }
  if ((wake.revents & POLLIN) != 0) return PollOutcome::woken;
  return ready ? PollOutcome::ready : PollOutcome::timed_out;
}

bool sleep_until(uint64_t deadline_ns, const WakeEvent* wake) {
  return poll({}, {.deadline_ns = deadline_ns, .wake = wake}) == PollOutcome::woken;
}

}  // namespace waxwing::platform
