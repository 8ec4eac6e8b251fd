// waxwing_mutate: decodes, validates, translates, instantiates and calls modules that are nearly
// right, in one process. All that may happen is an error, a trap or a result; a crash, a
// sanitizer's report, a hang or a leak tells the number that made it.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>
#include <unistd.h>

#include "engine/engine.h"
#include "fuzz/crash_report.h"
#include "fuzz/mutator.h"
#include "interp/function_table.h"
#include "trace/engine_config.h"
#include "trace/stub_imports.h"

namespace {

using namespace waxwing;
using namespace std::chrono_literals;
using runtime::Slot;
using syntax::ExternKind;
using tests::Bytes;
using Clock = std::chrono::steady_clock;

constexpr auto guest_time = 4ms;            // for all calls into one module
constexpr auto hang_time = 60s;             // for one module in all, on a slow and busy machine
constexpr size_t modules_an_engine = 2000;  // types are kept as long as their engine
constexpr uint64_t max_growth_bytes = uint64_t(3)
                                      << 30;  // resident; sanitizers keep freed memory for a while

struct Options {
  std::vector<std::string> folders;
  uint64_t first = 0;
  uint64_t count = 10'000;
  double seconds = 0;  // stops then; 0 for never
  size_t max_seed_bytes = 65'536;
  std::string keep;  // writes the last module to this file
  engine::Config config;
};

/// What became of the modules.
struct Counts {
  uint64_t malformed = 0, invalid = 0, refused = 0, valid = 0, unlinkable = 0, instantiated = 0;
  uint64_t returned = 0, trapped = 0, threw = 0, late = 0;

  void print(const char* what, uint64_t modules) const {
    std::printf(
        "%s %llu modules: %llu malformed, %llu invalid, %llu refused, %llu valid (%llu unlinkable, "
        "%llu instantiated); "
        "calls: %llu returned, %llu trapped, %llu threw, %llu stopped\n",
        what, modules + 0ull, malformed + 0ull, invalid + 0ull, refused + 0ull, valid + 0ull,
        unlinkable + 0ull, instantiated + 0ull, returned + 0ull, trapped + 0ull, threw + 0ull,
        late + 0ull);
    std::fflush(stdout);
  }
};

/// A thread that stops guests which run too long, and the process where that does not help.
class Timekeeper {
 public:
  Timekeeper() : thread_([this](std::stop_token token) { watch(token); }) {}

  void begin(runtime::Store* store) {
    const std::lock_guard lock(mutex_);
    store_ = store;
    begin_ = Clock::now();
    is_late_ = false;
  }
  void end() { begin(nullptr); }
  bool is_late() const { return is_late_; }

 private:
  void watch(std::stop_token token) {
    while (!token.stop_requested()) {
      std::this_thread::sleep_for(1ms);
      const std::lock_guard lock(mutex_);
      const auto passed = Clock::now() - begin_;
      if (store_ && passed > guest_time) {
        is_late_ = true;
        store_->interrupt(store_->current_call(), syntax::TrapCode::deadline_exceeded);
      }
      if (passed > hang_time) {
        std::fputs("waxwing_mutate: a module hangs\n", stderr);
        std::abort();
      }
    }
  }

  std::mutex mutex_;
  runtime::Store* store_ = nullptr;
  Clock::time_point begin_ = Clock::now();
  std::atomic<bool> is_late_ = false;
  std::jthread thread_;
};

constexpr runtime::StoreLimits small_limits = {
    .max_memory_bytes = 16u << 20,
    .max_table_elements = 20'000,
    .max_heap_bytes = 16u << 20,
    .max_instances = 4,
    .max_stack_bytes = 64u << 10,
    .max_native_stack_bytes = 256u << 10,
};

class Runner {
 public:
  explicit Runner(const engine::Config& config) : config_(config) { renew_engine(); }

  void run(Bytes bytes);
  void renew_engine() { engine_ = std::make_unique<engine::Engine>(config_); }
  const Counts& counts() const { return counts_; }

 private:
  void count_error(const base::Error& error);
  void instantiate(const std::shared_ptr<const runtime::CompiledModule>& compiled,
                   runtime::Store& store);
  void call_exports(runtime::Instance& instance);
  void call(runtime::Instance& instance, syntax::FuncIdx index, uint32_t round);

  engine::Config config_;
  std::unique_ptr<engine::Engine> engine_;
  Timekeeper timekeeper_;
  Counts counts_;
};

void Runner::run(Bytes bytes) {
  timekeeper_.begin(nullptr);
  auto compiled = engine_->compile(std::move(bytes));
  if (!compiled) return count_error(compiled.error());
  ++counts_.valid;
  if (config_.tier == engine::Tier::interpreter) {
    const auto& code = static_cast<const interp::Code&>(*(*compiled)->code);
    for (uint32_t i = 0; i < (*compiled)->module.bodies.size(); ++i)
      static_cast<void>(code.translate(i));
  }
  auto store = engine_->new_store(small_limits);
  if (!store) std::abort();
  timekeeper_.begin(store->get());
  instantiate(*compiled, **store);
  timekeeper_.end();
}

void Runner::count_error(const base::Error& error) {
  if (error.message().empty()) std::abort();
  switch (base::error_class(error.code)) {
    case base::ErrorClass::malformed: ++counts_.malformed; return;
    case base::ErrorClass::invalid: ++counts_.invalid; return;
    case base::ErrorClass::unlinkable:
    case base::ErrorClass::host: ++counts_.unlinkable; return;
    case base::ErrorClass::limit: ++counts_.refused; return;
  }
}

void Runner::instantiate(const std::shared_ptr<const runtime::CompiledModule>& compiled,
                         runtime::Store& store) {
  tests::StubImports stubs(store, *compiled, {});
  const auto imports = stubs.make();
  if (!imports) {
    ++counts_.unlinkable;
    return;
  }
  const auto instance = runtime::instantiate(store, compiled, *imports, {});
  if (instance) {
    ++counts_.instantiated;
    call_exports(**instance);
  } else if (const auto* trap = std::get_if<runtime::Trap>(&instance.error())) {
    if (trap->message().empty()) std::abort();
    ++counts_.trapped;
  } else {
    ++counts_.unlinkable;
  }
}

void Runner::call_exports(runtime::Instance& instance) {
  for (uint32_t round = 0; round < 2; ++round) {
    for (const syntax::Export& entry : instance.module().exports) {
      if (timekeeper_.is_late()) return;
      if (entry.kind == ExternKind::func) call(instance, syntax::FuncIdx(entry.index), round);
    }
  }
}

void Runner::call(runtime::Instance& instance, syntax::FuncIdx index, uint32_t round) {
  runtime::Store& store = instance.store();
  const syntax::FuncType& type = instance.module().func_type(index);
  for (syntax::ValType param : type.params) {
    if (!param.is_defaultable()) return;
  }
  std::vector<Slot> slots(2 * (type.params.size() + type.results.size()) + 1);
  Slot* next = slots.data();
  for (syntax::ValType param : type.params) {
    if (round > 0 && !param.is_ref())
      next[0] = param.slot_count() == 2 || param == syntax::i64_type ? 0x123456789 : 77;
    next += param.slot_count();
  }
  const runtime::Outcome outcome = store.call(instance.func(index), slots.data());
  if (outcome == runtime::Outcome::returned) {
    ++counts_.returned;
    return;
  }
  const runtime::Trap trap = store.take_failure(outcome);
  if (trap.message().empty()) std::abort();
  if (outcome == runtime::Outcome::threw) {
    ++counts_.threw;
  } else if (trap.code == syntax::TrapCode::deadline_exceeded) {
    ++counts_.late;
  } else {
    ++counts_.trapped;
  }
}

std::optional<Bytes> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// In one order, whatever the file system's is.
void add_seeds(tests::Mutator& mutator, const Options& options) {
  std::vector<std::filesystem::path> paths;
  for (const std::string& folder : options.folders) {
    if (!std::filesystem::is_directory(folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".wasm" && entry.file_size() <= options.max_seed_bytes)
        paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    if (auto bytes = read_file(path)) mutator.add(path.string(), *std::move(bytes));
  }
}

uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all_pages = 0, resident_pages = 0;
  file >> all_pages >> resident_pages;
  return resident_pages * uint64_t(sysconf(_SC_PAGESIZE));
}

uint64_t mapping_count() {
  std::ifstream file("/proc/self/maps");
  return uint64_t(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

int run(const Options& options) {
  tests::Mutator mutator;
  add_seeds(mutator, options);
  std::printf("%zu seeds; numbers from %llu on\n", mutator.seed_count(), options.first + 0ull);
  if (mutator.seed_count() == 0) return 1;
  Runner runner(options.config);
  const uint64_t resident_before = resident_bytes();
  const uint64_t mappings_before = mapping_count();
  const auto begin = Clock::now();
  uint64_t done = 0;
  while (done < options.count) {
    tests::current_number = options.first + done;
    Bytes bytes = mutator.make(tests::current_number);
    if (!options.keep.empty()) {
      std::ofstream(options.keep, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    }
    runner.run(std::move(bytes));
    ++done;
    if (done % modules_an_engine == 0) runner.renew_engine();
    if (done % 50'000 == 0) runner.counts().print("so far", done);
    if (options.seconds > 0 &&
        Clock::now() - begin > std::chrono::duration<double>(options.seconds))
      break;
  }
  runner.counts().print("in all", done);
  const uint64_t resident_after = resident_bytes();
  if (resident_after > resident_before + max_growth_bytes ||
      mapping_count() > mappings_before + 5'000) {
    std::fprintf(stderr,
                 "waxwing_mutate: memory leaks: %llu bytes resident before, %llu after; %llu "
                 "mappings before, %llu after\n",
                 resident_before + 0ull, resident_after + 0ull, mappings_before + 0ull,
                 mapping_count() + 0ull);
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::string shared;
  std::vector<std::string> settings;
  CLI::App app("Runs modules that are nearly right");
  app.add_option("FOLDERS", options.folders,
                 "where the seeds lie, *.wasm; folders that are not there are left out")
      ->required();
  app.add_option("--shared", shared, "WAXWING_SHARED_DIR: its folders fuzz and real have seeds too")
      ->envname("WAXWING_SHARED_DIR");
  app.add_option("--first", options.first, "the first number; each makes one module");
  app.add_option("--count", options.count, "how many modules");
  app.add_option("--seconds", options.seconds, "stop after that many seconds");
  app.add_option("--max-seed-bytes", options.max_seed_bytes, "leave larger seeds out");
  app.add_option("--keep", options.keep, "write each module to this file before it is run");
  app.add_option("--engine", settings,
                 "what runs them, by the words of trace/engine_config.h: interpreter, or baseline "
                 "and settings of it")
      ->delimiter(',');
  CLI11_PARSE(app, argc, argv);
  const auto config =
      tests::engine_config(std::vector<std::string_view>(settings.begin(), settings.end()));
  if (!config) {
    std::fputs("waxwing_mutate: --engine has a word that nobody knows\n", stderr);
    return 2;
  }
  options.config = *config;
  if (!shared.empty()) {
    for (const char* folder : {"/fuzz", "/real"}) options.folders.push_back(shared + folder);
  }
  tests::report_crashes("waxwing_mutate: it happened at --first ");
  return run(options);
}
