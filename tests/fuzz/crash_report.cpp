// See crash_report.h.
#include "fuzz/crash_report.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace waxwing::tests {
namespace {

const char* crash_message = "";

/// Async-signal-safe.
void tell_number() {
  char text[96] = {};
  char digits[24];
  size_t size = strnlen(crash_message, 63), digit_count = 0;
  std::memcpy(text, crash_message, size);
  for (uint64_t rest = current_number; digit_count == 0 || rest != 0; rest /= 10)
    digits[digit_count++] = char('0' + rest % 10);
  while (digit_count > 0) text[size++] = digits[--digit_count];
  std::memcpy(text + size, " --count 1\n", 11);
  if (write(STDERR_FILENO, text, size + 11) < 0) std::_Exit(1);
}

extern "C" void on_crash(int signal_number) {
  tell_number();
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

}  // namespace

void report_crashes(const char* message) {
  crash_message = message;
  if (__sanitizer_set_death_callback) return __sanitizer_set_death_callback(tell_number);
  for (int signal_number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT})
    std::signal(signal_number, on_crash);
}

}  // namespace waxwing::tests
