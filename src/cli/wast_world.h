// A script of the official suite at work: a store, the modules that have names, and those that are
// registered to be imported from.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/deadline.h"
#include "cli/line_index.h"
#include "cli/wast_runner.h"
#include "runtime/linker.h"
#include "runtime/value.h"
#include "text/script.h"

namespace waxwing::cli {

/// What all threads of a script share.
struct ScriptContext {
  const ScriptSettings& settings;
  std::string_view text;
  const LineIndex& lines;
  std::optional<uint64_t> deadline_ns;  // of the monotonic clock
};

/// The world of a script, or of one of its threads.
class ScriptWorld {
 public:
  static base::Result<std::unique_ptr<ScriptWorld>> create(const ScriptContext& context);
  ~ScriptWorld();
  ScriptWorld(const ScriptWorld&) = delete;
  ScriptWorld& operator=(const ScriptWorld&) = delete;

  /// Runs `commands` and waits for all threads that they start.
  ScriptReport run(std::span<const text::Command> commands);

 private:
  struct RunningThread;
  struct Mismatch {
    std::string expected;
    std::string found;
  };
  using Verdict = std::optional<Mismatch>;  // nothing where all is as the script says
  using Compiled = std::shared_ptr<const runtime::CompiledModule>;
  using Failed = std::variant<base::Error, runtime::Trap>;
  using Results = std::expected<std::vector<runtime::Value>, Failed>;
  /// An instance of this store, or what a thread was given of another store's.
  struct NamedModule {
    runtime::Instance* instance = nullptr;
    std::map<std::string, runtime::Extern, std::less<>> shared_exports;
  };

  explicit ScriptWorld(const ScriptContext& context);

  void run_command(const text::Command& command);
  void record(const text::Command& command, Mismatch mismatch);

  Verdict execute(const text::ScriptModule& module);
  Verdict execute(const text::InstanceCommand& command);
  Verdict execute(const text::RegisterCommand& command);
  Verdict execute(const text::Action& action);
  Verdict execute(const text::AssertReturn& assertion);
  Verdict execute(const text::AssertActionFails& assertion);
  Verdict execute(const text::AssertModuleFails& assertion);
  Verdict execute(const text::ThreadCommand& command);
  Verdict execute(const text::WaitCommand& command);

  base::Result<Compiled> compile(const text::ScriptModule& module) const;
  std::expected<runtime::Instance*, Failed> instantiate(Compiled compiled, const std::string& id);
  Verdict add_instance(Compiled compiled, const std::string& id);
  base::Result<NamedModule*> find_module(const std::string& id);
  base::Result<runtime::Extern> find_export(const text::Action& action);
  Results perform(const text::Action& action);
  base::Result<> share(const std::string& id, ScriptWorld& with);
  void join(RunningThread& thread);

  const ScriptContext& context_;
  ScriptReport report_;
  std::unique_ptr<runtime::Store> store_;
  std::unique_ptr<Deadline> deadline_;
  runtime::Linker registry_;
  NamedModule last_module_;
  Compiled last_definition_;
  std::map<std::string, NamedModule, std::less<>> modules_;
  std::map<std::string, Compiled, std::less<>> definitions_;
  std::map<std::string, std::unique_ptr<RunningThread>, std::less<>> threads_;
};

}  // namespace waxwing::cli
