// gc_speed FILE.wat N...: calls the export "run" of each module with N, and tells the time, and
// what the collector did.
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/engine.h"
#include "runtime/instance.h"
#include "runtime/value.h"
#include "text/assembler.h"

namespace {

using namespace waxwing;

double processor_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

std::string failure_text(const std::variant<base::Error, runtime::Trap>& failure) {
  if (const auto* error = std::get_if<base::Error>(&failure)) return error->message();
  return std::get<runtime::Trap>(failure).message();
}

int fail(const char* path, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", path, why.c_str());
  return 1;
}

int measure(const char* path, uint32_t scale) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(path, "cannot be read");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto bytes = text::assemble(text);
  if (!bytes) return fail(path, bytes.error().message());
  const engine::Engine engine;
  auto compiled = engine.compile(*std::move(bytes));
  if (!compiled) return fail(path, compiled.error().message());
  auto store = engine.new_store();
  if (!store) return fail(path, store.error().message());
  auto instance = runtime::instantiate(**store, *compiled, {}, {});
  if (!instance) return fail(path, failure_text(instance.error()));
  const auto run = (*instance)->find_export("run");
  if (!run || !std::holds_alternative<runtime::Func*>(*run)) return fail(path, "exports no run");

  const double start = processor_seconds();
  const runtime::Value arg{.type = syntax::i32_type, .slots = {scale, 0}};
  const auto results = runtime::call(**store, *std::get<runtime::Func*>(*run), {&arg, 1});
  const double seconds = processor_seconds() - start;
  if (!results) return fail(path, failure_text(results.error()));
  constexpr double mib = 1 << 20;
  const runtime::GcStatistics heap = (*store)->heap_statistics();
  std::printf(
      "%-24s n=%-10u %8.3f s   %4llu collections   longest step %7.3f ms   live %7.1f MiB   "
      "peak %7.1f MiB   result %s\n",
      path, scale, seconds, static_cast<unsigned long long>(heap.collections),
      static_cast<double>(heap.max_step_ns) / 1e6, static_cast<double>(heap.live_bytes) / mib,
      static_cast<double>(heap.peak_bytes) / mib, runtime::to_string(results->front()).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0) {
    std::fprintf(stderr, "usage: gc_speed FILE.wat N [FILE.wat N]...\n");
    return 2;
  }
  int failures = 0;
  for (int i = 1; i < argc; i += 2)
    failures += measure(argv[i], static_cast<uint32_t>(std::stoul(argv[i + 1])));
  return failures == 0 ? 0 : 1;
}
