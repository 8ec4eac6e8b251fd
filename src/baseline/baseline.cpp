// All functions of a module, by as many threads as are allowed, and the image that they become.
#include "baseline/baseline.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fallible.h"
#include "baseline/func_compiler.h"
#include "codegen/linker.h"
#include "codegen/x64/stubs.h"
#include "platform/thread.h"

namespace waxwing::baseline {
namespace {

using base::Error;
using codegen::CodeObject;

/// What a thread takes at once: enough that threads meet rarely, and little enough that they end
/// together.
constexpr size_t chunk_bytes = size_t{16} << 10;
/// Another thread pays from so much code on.
constexpr size_t thread_bytes = size_t{64} << 10;

/// Threads take chunks of functions until none is left. Which thread compiles a function changes
/// nothing in its code.
class Compilation {
 public:
  Compilation(const syntax::Module& module, const Options& options, std::span<CodeObject> objects)
      : module_(module), options_(options), objects_(objects) {
    cut();
  }

  base::Result<> run() {
    std::vector<platform::Thread> threads;
    for (size_t i = 1; i < useful_threads(); ++i) {
      auto thread = platform::Thread::start([this] { work(false); });
      if (!thread) break;  // the others do its work
      threads.push_back(std::move(*thread));
    }
    work(true);
    threads.clear();  // waits for them
    TRY(base::go_on(options_.stop));
    if (error_) return std::unexpected(*std::move(error_));
    report(objects_.size());
    return {};
  }

 private:
  struct Chunk {
    size_t begin = 0;
    size_t end = 0;
    size_t bytes = 0;
  };

  void cut() {
    Chunk chunk;
    for (; chunk.end < objects_.size();) {
      chunk.bytes += module_.bodies[chunk.end++].code_size;
      if (chunk.bytes < chunk_bytes && chunk.end < objects_.size()) continue;
      total_bytes_ += chunk.bytes;
      chunks_.push_back(chunk);
      chunk = {.begin = chunk.end, .end = chunk.end};
    }
    // A function that is large by itself must not be begun when the others are done.
    const auto place = [](const Chunk& one) {
      const size_t large = one.bytes > 4 * chunk_bytes ? one.bytes : 0;
      return std::pair(SIZE_MAX - large, one.begin);
    };
    std::ranges::sort(chunks_, {}, place);
  }

  size_t useful_threads() const {
    return std::min<size_t>({options_.threads, chunks_.size(), total_bytes_ / thread_bytes + 1});
  }

  void work(bool reports) {
    FuncCompiler compiler(module_, options_, FuncCompiler::Calls::direct);
    for (size_t i = next_chunk_++; i < chunks_.size(); i = next_chunk_++) {
      for (size_t func = chunks_[i].begin; func < chunks_[i].end; ++func) {
        // Those before the first one that failed may fail too.
        if (func > failed_.load(std::memory_order_relaxed)) continue;
        const syntax::FuncIdx index(module_.imported_funcs + func);
        auto compiled = compiler.compile(index, objects_[func]);
        if (!compiled) {
          fail(func, std::move(compiled).error());
          continue;
        }
        // What cannot be linked is not to fill the memory first.
        const size_t bytes = objects_[func].text.size();
        const uint64_t all = text_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
        if (all > options_.max_code_bytes)
          fail(func, codegen::code_is_too_large(options_.max_code_bytes));
        else if (all > codegen::max_text_bytes)
          fail(func, codegen::text_is_too_large());
      }
      if (base::is_stopped(options_.stop)) return;
      const size_t count = chunks_[i].end - chunks_[i].begin;
      const size_t done = done_.fetch_add(count, std::memory_order_relaxed) + count;
      if (reports && done < objects_.size()) report(done);
    }
  }

  void fail(size_t func, Error error) {
    const std::lock_guard lock(mutex_);
    if (func >= failed_.load(std::memory_order_relaxed)) return;
    failed_.store(func, std::memory_order_relaxed);
    error_ = std::move(error);
  }

  void report(size_t done) const {
    if (options_.progress) options_.progress(options_.progress_context, done, objects_.size());
  }

  const syntax::Module& module_;
  const Options& options_;
  const std::span<CodeObject> objects_;
  std::vector<Chunk> chunks_;
  size_t total_bytes_ = 0;
  std::atomic<size_t> next_chunk_ = 0;
  std::atomic<size_t> done_ = 0;
  std::atomic<uint64_t> text_bytes_ = 0;
  std::atomic<size_t> failed_ = SIZE_MAX;  // the first function that failed
  std::mutex mutex_;
  std::optional<Error> error_;  // of failed_
};

/// Each thread that is here has a compiler for itself; they are kept.
class LazyCompiler final : public abi::PieceCompiler {
 public:
  LazyCompiler(const syntax::Module& module, const Options& options, abi::CodeStubs stubs)
      : module_(module), options_(options), stubs_(std::move(stubs)) {}

  base::Result<abi::CodePiece> compile(uint32_t func) override {
    std::unique_ptr<FuncCompiler> compiler = take();
    CodeObject object;
    auto compiled = compiler->compile(syntax::FuncIdx(module_.imported_funcs + func), object);
    give_back(std::move(compiler));
    if (!compiled) return std::unexpected(std::move(compiled).error());
    const size_t bytes = object.text.size();
    if (text_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > options_.max_code_bytes)
      return std::unexpected(codegen::code_is_too_large(options_.max_code_bytes));
    return codegen::link_piece(module_, stubs_, std::move(object));
  }

 private:
  std::unique_ptr<FuncCompiler> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto compiler = std::move(idle_.back());
        idle_.pop_back();
        return compiler;
      }
    }
    return std::make_unique<FuncCompiler>(module_, options_, FuncCompiler::Calls::by_slots);
  }

  void give_back(std::unique_ptr<FuncCompiler> compiler) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(compiler));
  }

  const syntax::Module& module_;
  const Options options_;
  const abi::CodeStubs stubs_;
  std::atomic<uint64_t> text_bytes_ = 0;  // of functions that were compiled
  std::mutex mutex_;
  std::vector<std::unique_ptr<FuncCompiler>> idle_;
};

}  // namespace

base::Result<LazyModule> compile_lazily(const syntax::Module& module, const Options& options) {
  codegen::x64::Stubs writer(options.features);
  LazyModule lazy;
  lazy.stubs = TRY(codegen::link_stubs(module, writer));
  lazy.stubs.relies_on_guards = options.guard_pages;
  lazy.stubs.has_counters = options.counters;
  lazy.compiler = std::make_unique<LazyCompiler>(module, options, lazy.stubs.stubs);
  return lazy;
}

base::Result<abi::CodeImage> compile(const syntax::Module& module, const Options& options) {
  std::vector<CodeObject> objects;
  if (!base::try_reserve(objects, module.bodies.size())) {
    return base::fail(base::ErrorCode::out_of_memory,
                      "code of " + std::to_string(module.bodies.size()) + " functions");
  }
  objects.resize(module.bodies.size());
  TRY(Compilation(module, options, objects).run());
  codegen::x64::Stubs stubs(options.features);
  abi::CodeImage image =
      TRY(codegen::link(module, std::move(objects), stubs, {.stop = options.stop}));
  image.relies_on_guards = options.guard_pages;
  image.has_counters = options.counters;
  return image;
}

}  // namespace waxwing::baseline
