// See progress.h. A line is erased with spaces, which every terminal knows; it must not reach the
// terminal's last column, where some wrap it.
#include "cli/progress.h"

#include <utility>

#include "base/bytes.h"
#include "platform/clock.h"

namespace waxwing::cli {
namespace {

constexpr uint64_t delay_ns = 300'000'000;
constexpr uint64_t interval_ns = 50'000'000;

}  // namespace

Progress::Scope::Scope(Progress& progress, std::string_view name) : progress_(progress) {
  progress_.name_ = name;
  progress_.next_ns_ = platform::monotonic_ns() + delay_ns;
}

Progress::Scope::~Scope() { progress_.replace({}); }

void Progress::report(void* progress, size_t done, size_t total) {
  static_cast<Progress*>(progress)->show(done, total);
}

void Progress::show(size_t done, size_t total) {
  const uint64_t now_ns = platform::monotonic_ns();
  if (now_ns < next_ns_ || total == 0 || !terminal_.is_terminal()) return;
  next_ns_ = now_ns + interval_ns;
  const std::string share =
      ": " + std::to_string(done * 100 / total) + " % of " + std::to_string(total) + " functions";
  const size_t columns = terminal_.terminal_columns();
  // No character of UTF-8 has more columns than bytes.
  std::string line = "compiling " + name_ + share;
  if (line.size() >= columns) line = "compiling" + share;
  if (line.size() < columns) replace(std::move(line));
}

void Progress::replace(std::string line) {
  if (line.empty() && shown_size_ == 0) return;
  const size_t size = line.size();
  std::string text = "\r" + std::move(line);
  if (size < shown_size_) text.append(shown_size_ - size, ' ');
  if (size == 0) text += '\r';
  shown_size_ = size;
  const base::ByteSpan bytes = base::as_bytes(text);
  const platform::ConstIoBuffer buffer{bytes.data(), bytes.size()};
  (void)terminal_.write({&buffer, 1});  // a line that is missing harms nobody
}

engine::CodegenConfig with_progress(engine::CodegenConfig codegen, Progress& progress) {
  codegen.progress = Progress::report;
  codegen.progress_context = &progress;
  return codegen;
}

}  // namespace waxwing::cli
