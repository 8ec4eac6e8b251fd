// Functions that are compiled when they are first called: by several threads, with little room for
// code, in a child of fork, and who is told of them.
#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "baseline/baseline.h"
#include "binary/module_decoder.h"
#include "runtime/native_code.h"
#include "validate/module_validator.h"
#include "world.h"

namespace waxwing::baseline {
namespace {

using runtime::CompiledModule;

engine::Config lazily() {
  engine::Config config;
  config.tier = engine::Tier::baseline;
  config.codegen.lazy = true;
  return config;
}

/// `count` functions that call one another: "f0" returns 1, "f5" 5 more than f4, and so on.
std::string chain(int count) {
  std::string text = "(module (memory 1)\n";
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    const std::string before =
        i == 0 ? "i32.const 1"
               : "call $f" + std::to_string(i - 1) + " i32.const " + number + " i32.add";
    text += "(func $f" + number + " (export \"f" + number + "\") (result i32) " + before + ")\n";
  }
  return text + "(func (export \"trap\") (result i32) (i32.load (i32.const -4))))";
}

std::shared_ptr<const std::vector<uint8_t>> assembled(std::string_view text) {
  return std::make_shared<const std::vector<uint8_t>>(text::assemble(text).value());
}

/// A store with an instance of the module.
class Guest {
 public:
  Guest(const std::shared_ptr<runtime::TypeRegistry>& types,
        const std::shared_ptr<const CompiledModule>& compiled)
      : store_(runtime::Store::create(types, {}).value()),
        instance_(**runtime::Linker().instantiate(*store_, compiled, "m")) {}

  /// What the export returns, or the first line of why it does not.
  std::string run(const std::string& name) {
    const auto found = instance_.find_export(name);
    if (!found) return "no such export";
    const auto results = runtime::call(*store_, *std::get<runtime::Func*>(*found), {});
    if (results) return runtime::to_string((*results)[0]);
    const std::string message = std::get<runtime::Trap>(results.error()).message();
    return message.substr(0, message.find('\n'));
  }

 private:
  std::unique_ptr<runtime::Store> store_;
  runtime::Instance& instance_;
};

class Listener final : public platform::CodeListener {
 public:
  void code_loaded(std::span<const platform::NamedCode> parts) override {
    const std::lock_guard lock(mutex_);
    for (const platform::NamedCode& part : parts) {
      EXPECT_FALSE(part.code.empty()) << part.name;
      ++loaded_[part.name];
      last_code_ = part.code;
    }
  }
  void code_unloaded(std::span<const uint8_t> text) override {
    const std::lock_guard lock(mutex_);
    EXPECT_GE(last_code_.data(), text.data());
    EXPECT_LE(last_code_.data() + last_code_.size(), text.data() + text.size());
    ++unloaded_;
  }

  /// How often it was told of the function.
  int loaded(const std::string& name) { return loaded_["wasm[app]::" + name]; }
  int unloaded() const { return unloaded_; }

 private:
  std::mutex mutex_;
  std::map<std::string, int> loaded_;
  std::span<const uint8_t> last_code_;
  int unloaded_ = 0;
};

TEST(LazyCode, listeners_are_told_of_what_is_called) {
  const auto listener = std::make_shared<Listener>();
  {
    engine::Config config = lazily();
    config.code_listeners.push_back(listener);
    const engine::Engine engine(config);
    const auto compiled = engine.compile(assembled(chain(10)), "app").value();
    EXPECT_EQ(listener->loaded("fault"), 1);  // a stub
    EXPECT_EQ(listener->loaded("f0"), 0);
    Guest guest(engine.types(), compiled);
    EXPECT_EQ(guest.run("f3"), "7");
    for (const char* name : {"f0", "f1", "f2", "f3"}) EXPECT_EQ(listener->loaded(name), 1) << name;
    EXPECT_EQ(listener->loaded("f4"), 0);
    EXPECT_EQ(guest.run("f3"), "7");
    EXPECT_EQ(listener->loaded("f3"), 1);
    EXPECT_EQ(listener->unloaded(), 0);
  }
  EXPECT_EQ(listener->unloaded(), 1);
}

TEST(LazyCode, threads_race_for_functions_and_each_is_made_once) {
  constexpr int rounds = 20;
  constexpr int funcs = 60;
  constexpr unsigned threads = 4;
  const auto bytes = assembled(chain(funcs));
  for (int round = 0; round < rounds; ++round) {
    const auto listener = std::make_shared<Listener>();
    engine::Config config = lazily();
    config.code_listeners.push_back(listener);
    const engine::Engine engine(config);
    const auto compiled = engine.compile(bytes, "app").value();
    std::atomic<unsigned> ready = 0;
    std::atomic<int> wrong = 0;
    const auto work = [&](unsigned number) {
      Guest guest(engine.types(), compiled);
      ++ready;
      while (ready < threads) std::this_thread::yield();
      // From both ends, so that a call meets functions that others are about.
      for (int i = 0; i < funcs; ++i) {
        const int func = number % 2 == 0 ? i : funcs - 1 - i;
        const std::string expected = std::to_string(1 + func * (func + 1) / 2);
        if (guest.run("f" + std::to_string(func)) != expected) ++wrong;
        if (i % 16 == 0 && guest.run("trap") != "wasm trap: out of bounds memory access") ++wrong;
      }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < threads; ++i) workers.emplace_back(work, i);
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(wrong, 0);
    for (int i = 0; i < funcs; ++i) EXPECT_EQ(listener->loaded("f" + std::to_string(i)), 1);
  }
}

/// The module's code has this much room besides stubs.
base::Result<std::shared_ptr<const CompiledModule>> compile_with_room(
    std::string_view text, uint32_t room_bytes, std::shared_ptr<runtime::TypeRegistry> types) {
  const syntax::FeatureSet features = syntax::FeatureSet::defaults();
  syntax::Module module = TRY(binary::decode(assembled(text), features));
  TRY(validate::validate(module, features));
  auto compiled = std::make_shared<CompiledModule>(std::move(module), std::move(types));
  const Options options{.features = TRY(codegen::x64::CpuFeatures::from_host())};
  LazyModule made = TRY(compile_lazily(compiled->module, options));
  made.stubs.reserved_bytes = static_cast<uint32_t>(made.stubs.text.size()) + room_bytes;
  compiled->code =
      TRY(runtime::NativeCode::load_lazy(std::move(made.stubs), std::move(made.compiler),
                                         compiled->module, runtime::FaultHandling::install));
  return compiled;
}

TEST(LazyCode, what_has_no_room_traps_and_the_rest_goes_on) {
  constexpr int funcs = 1000;  // each takes over 32 bytes
  const auto types = std::make_shared<runtime::TypeRegistry>();
  const auto compiled = compile_with_room(chain(funcs), 8192, types);
  ASSERT_TRUE(compiled) << compiled.error().message();
  Guest guest(types, *compiled);
  EXPECT_EQ(guest.run("f9"), "46");
  const std::string reason = guest.run("f999");  // which is compiled before those that it calls
  EXPECT_NE(reason.find("no room for the machine code of function "), reason.npos) << reason;
  EXPECT_NE(reason.find("compile the module eagerly"), reason.npos) << reason;
  EXPECT_EQ(guest.run("f999"), reason);
  EXPECT_EQ(guest.run("f9"), "46");
  Guest other(types, *compiled);
  EXPECT_EQ(other.run("f8"), "37");
  EXPECT_EQ(other.run("f999"), reason);
}

/// Runs in a child of fork; its exit code.
template <typename Child>
int in_child(const Child& child) {
  const pid_t process = ::fork();
  if (process == 0) ::_exit(child());
  int status = 0;
  EXPECT_EQ(::waitpid(process, &status, 0), process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

TEST(LazyCode, a_child_of_fork_runs_what_there_is) {
  const engine::Engine engine(lazily());
  const auto compiled = engine.compile(assembled(chain(10))).value();
  Guest guest(engine.types(), compiled);
  EXPECT_EQ(guest.run("f3"), "7");
  const auto child = [&] {
    if (guest.run("f3") != "7") return 1;
    // Where the code has one view the child's is its own; else it would be its parent's.
    const std::string fifth = guest.run("f5");
    if (fifth != "16" && fifth.find("before the process forks") == fifth.npos) return 2;
    return guest.run("f2") == "4" ? 0 : 3;
  };
  EXPECT_EQ(in_child(child), 0);
  EXPECT_EQ(guest.run("f5"), "16");
}

}  // namespace
}  // namespace waxwing::baseline
