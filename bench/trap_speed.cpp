// trap_speed: what a trap through the signal handler, and publishing code, cost on this machine.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "platform/clock.h"
#include "platform/code_memory.h"
#include "platform/code_ranges.h"
#include "platform/fault_handler.h"
#include "platform/signal_stack.h"
#include "platform/virtual_memory.h"

namespace {

using namespace waxwing;

constexpr size_t recover_offset = 16;
#if defined(__aarch64__)
constexpr uint8_t machine_code[] = {0x00, 0x00, 0x40, 0xf9, 0xc0, 0x03, 0x5f, 0xd6, 0,
                                    0,    0,    0,    0,    0,    0,    0,  // ldr x0, [x0]; ret
                                    0xc0, 0x03, 0x5f, 0xd6};                // ret
#else
constexpr uint8_t machine_code[] = {0x48, 0x8b, 0x07, 0xc3, 0, 0, 0, 0,
                                    0,    0,    0,    0,    0, 0, 0, 0,  // mov rax, [rdi]; ret
                                    0xc3};                               // ret
#endif

/// Calls `code`. No sanitizer may look for what it keeps before its own functions.
#if defined(__clang__)
[[clang::no_sanitize("function")]]
#endif
uintptr_t call_code(const void* code, const uint8_t* argument) {
  return reinterpret_cast<uintptr_t (*)(const uint8_t*)>(reinterpret_cast<uintptr_t>(code))(
      argument);
}

/// The median of `rounds` runs in nanoseconds.
template <typename Body>
double median_ns(size_t rounds, Body body) {
  std::vector<double> times;
  for (size_t i = 0; i < rounds; ++i) {
    const uint64_t start = platform::monotonic_ns();
    body();
    times.push_back(static_cast<double>(platform::monotonic_ns() - start));
  }
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(rounds / 2), times.end());
  return times[rounds / 2];
}

bool recover(void* context, platform::Fault& fault) {
  fault.registers.pc = reinterpret_cast<uintptr_t>(context) + recover_offset;
  return true;
}

/// Waxwing's own share is what grows with the number of ranges.
bool measure_traps(size_t other_ranges) {
  auto memory = platform::CodeMemory::reserve(sizeof machine_code);
  auto hole = platform::Reservation::reserve(platform::page_size() * (other_ranges + 1));
  if (!memory || !hole) return false;
  std::memcpy(memory->writable().data(), machine_code, sizeof machine_code);
  const auto code = memory->publish(sizeof machine_code);
  if (!code) return false;
  auto* const context = const_cast<uint8_t*>(code->data());
  std::vector<platform::CodeRange> ranges;
  const uint64_t start = platform::monotonic_ns();
  for (size_t i = 0; i < other_ranges; ++i) {
    auto range =
        platform::CodeRange::add({hole->data() + i * platform::page_size(), 1}, recover, context);
    if (!range) return false;
    ranges.push_back(*std::move(range));
  }
  const double added_ns = static_cast<double>(platform::monotonic_ns() - start);
  const auto range = platform::CodeRange::add(*code, recover, context);
  if (!range || !platform::ensure_signal_stack() || !platform::install_fault_handler()) {
    return false;
  }
  constexpr size_t batch = 1'000;
  const double trap = median_ns(101, [&] {
    for (size_t i = 0; i < batch; ++i) call_code(context, hole->data());
  });
  std::printf("trap among %6zu ranges      %10.0f ns", other_ranges + 1, trap / batch);
  if (other_ranges != 0) {
    std::printf("   adding one took %.0f ns", added_ns / static_cast<double>(other_ranges));
  }
  std::printf("\n");
  return true;
}

bool measure_publishing(const char* name, platform::CodeMemory::Views views, size_t piece_bytes) {
  constexpr size_t total_bytes = 1 << 20;
  const std::vector<uint8_t> code(piece_bytes, 0xc3);
  double publish_ns = 0;
  bool good = true;
  const double whole = median_ns(51, [&] {
    auto memory = platform::CodeMemory::reserve(total_bytes, views);
    good = good && memory;
    if (!good) return;
    publish_ns = 0;
    for (size_t written = 0; written < total_bytes; written += piece_bytes) {
      std::memcpy(memory->writable().data(), code.data(), piece_bytes);
      const uint64_t start = platform::monotonic_ns();
      good = good && memory->publish(piece_bytes);
      publish_ns += static_cast<double>(platform::monotonic_ns() - start);
    }
    memory->seal();
  });
  std::printf("1 MiB, %s views, pieces of %7zu bytes: %8.1f us in all, %8.1f us of it in publish\n",
              name, piece_bytes, whole / 1e3, publish_ns / 1e3);
  return good;
}

}  // namespace

int main() {
  using Views = platform::CodeMemory::Views;
  for (const size_t others : {0U, 1'000U, 10'000U}) {
    if (!measure_traps(others)) return 1;
  }
  for (const size_t piece : {size_t{1} << 20, size_t{4096}}) {
    if (!measure_publishing("dual  ", Views::dual, piece)) return 1;
    if (!measure_publishing("single", Views::single, piece)) return 1;
  }
  return 0;
}
