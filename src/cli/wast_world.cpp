// The commands of scripts, one by one. [WebAssembly/spec interpreter, "Scripts"]
#include "cli/wast_world.h"

#include <algorithm>

#include "base/check.h"
#include "binary/module_decoder.h"
#include "cli/spectest.h"
#include "cli/wast_values.h"
#include "platform/clock.h"
#include "platform/thread.h"
#include "runtime/listener.h"
#include "runtime/text.h"
#include "validate/module_validator.h"

namespace waxwing::cli {

using base::Error;
using base::ErrorClass;
using base::ErrorCode;
using engine::Engine;
using runtime::Extern;
using runtime::Instance;
using runtime::Trap;
using runtime::Value;
using syntax::TrapCode;
using text::Failing;

/// A thread of a script. The thread is joined before the world that it works in goes away.
struct ScriptWorld::RunningThread {
  std::unique_ptr<ScriptWorld> world;
  ScriptReport report;
  platform::Thread thread;
};

namespace {

/// A trap with its innermost frames.
std::string describe(const std::variant<Error, Trap>& failed) {
  if (const auto* error = std::get_if<Error>(&failed)) return error->message();
  constexpr size_t max_frames = 3;
  Trap trap = std::get<Trap>(failed);
  trap.frames.resize(std::min(trap.frames.size(), max_frames));
  return trap.message();
}

std::string quoted_id(const std::string& id) { return "$" + runtime::printable(id); }

/// "a trap: integer overflow": what an assertion wants.
std::string wanted(Failing how, const std::string& text) {
  constexpr std::string_view words[] = {"a trap",
                                        "an exhausted stack",
                                        "an exception",
                                        "a suspension",
                                        "a malformed module",
                                        "an invalid module",
                                        "no match of imports",
                                        "malformed custom contents",
                                        "invalid custom contents"};
  std::string wanted(words[size_t(how)]);
  return text.empty() ? wanted : wanted + ": " + text;
}

/// Whether an action failed in the way that the script says.
bool fails_as(Failing how, const std::string& text, const Trap& trap) {
  if (how == Failing::exhaustion) return trap.code == TrapCode::call_stack_exhausted;
  if (how == Failing::exception) return trap.code == TrapCode::uncaught_exception;
  const TrapCode code = trap_called(text);
  return how == Failing::trap && code != TrapCode::none && trap.code == code;
}

/// Whether a module failed in the way that the script says.
bool fails_as(Failing how, const std::string& text, const std::variant<Error, Trap>& failed) {
  if (const auto* trap = std::get_if<Trap>(&failed)) {
    return how == Failing::trap && fails_as(how, text, *trap);
  }
  const ErrorClass error = base::error_class(std::get<Error>(failed).code);
  switch (how) {
    case Failing::malformed:
    case Failing::malformed_custom: return error == ErrorClass::malformed;
    case Failing::invalid:
    case Failing::invalid_custom: return error == ErrorClass::invalid;
    case Failing::unlinkable: return error == ErrorClass::unlinkable;
    case Failing::trap:
    case Failing::exhaustion:
    case Failing::exception:
    case Failing::suspension: break;
  }
  return false;
}

/// The first line of `text`, cut where it is long, without what could disturb a terminal.
std::string first_line(std::string_view text) {
  constexpr size_t longest = 120;
  std::string line(text.substr(0, std::min(text.find_first_of("\r\n"), longest)));
  std::ranges::replace_if(line, [](char c) { return uint8_t(c) < ' ' || uint8_t(c) > '~'; }, ' ');
  return line;
}

bool is_about_bytes(Failing how) {
  return how == Failing::malformed || how == Failing::malformed_custom || how == Failing::invalid ||
         how == Failing::invalid_custom;
}

/// How deep recursion goes, and so what it uses, is not the same in all engines.
bool is_about_recursion(const text::Command& command) {
  const auto* assertion = std::get_if<text::AssertActionFails>(&command.what);
  return assertion != nullptr && assertion->how == Failing::exhaustion;
}

/// Has code that tells of calls do all that it can, for somebody who only counts them.
class Counter final : public runtime::FuncListener {
 public:
  bool before(const runtime::ListenedCall&, const runtime::Slot*) override {
    ++running_;
    return true;
  }
  void after(const runtime::ListenedCall&, const runtime::Slot*) override { --running_; }
  void abort(const runtime::ListenedCall&, const runtime::Trap*) override { --running_; }
  ~Counter() override { CHECK(running_ == 0); }

 private:
  uint64_t running_ = 0;
};

}  // namespace

ScriptWorld::ScriptWorld(const ScriptContext& context) : context_(context) {}

ScriptWorld::~ScriptWorld() = default;

base::Result<std::unique_ptr<ScriptWorld>> ScriptWorld::create(const ScriptContext& context) {
  std::unique_ptr<ScriptWorld> world(new ScriptWorld(context));
  world->store_ = TRY(context.settings.engine.new_store(context.settings.limits));
  if (context.settings.engine.config().codegen.fuel) {
    world->store_->set_fuel(UINT64_MAX);
    world->report_.fuel_used = 0;
  }
  if (context.settings.engine.config().codegen.listeners)
    world->store_->set_func_listener(std::make_shared<Counter>());
  world->registry_.allow_shadowing(true);
  TRY(define_spectest(world->registry_, *world->store_, context.settings.prints));
  if (!context.deadline_ns) return world;
  const uint64_t now_ns = platform::monotonic_ns();
  auto deadline = Deadline::start(*world->store_,
                                  *context.deadline_ns - std::min(*context.deadline_ns, now_ns));
  if (!deadline) return base::fail(ErrorCode::resource_limit, std::move(deadline.error().what));
  world->deadline_ = *std::move(deadline);
  return world;
}

ScriptReport ScriptWorld::run(std::span<const text::Command> commands) {
  for (const text::Command& command : commands) {
    run_command(command);
    if (!deadline_ || !deadline_->has_passed()) continue;
    const size_t line = context_.lines.place(command.offset).line;
    report_.error = "stopped by --timeout at line " + std::to_string(line);
    break;
  }
  for (auto& [id, thread] : threads_) join(*thread);
  threads_.clear();
  return std::move(report_);
}

void ScriptWorld::run_command(const text::Command& command) {
  ++report_.commands;
  report_.assertions += command.keyword.starts_with("assert_") ? 1 : 0;
  Verdict verdict = std::visit([this](const auto& what) { return execute(what); }, command.what);
  if (verdict) record(command, *std::move(verdict));
  if (!report_.fuel_used) return;
  if (!is_about_recursion(command)) *report_.fuel_used += UINT64_MAX - store_->fuel();
  store_->set_fuel(UINT64_MAX);
}

void ScriptWorld::record(const text::Command& command, Mismatch mismatch) {
  const Place place = context_.lines.place(command.offset);
  report_.add({.line = place.line,
               .column = place.column,
               .keyword = std::string(command.keyword),
               .source = first_line(context_.text.substr(command.offset)),
               .expected = std::move(mismatch.expected),
               .found = std::move(mismatch.found)});
}

namespace {

/// Why a module cannot be compiled, where nothing may be: one that is wrong is in no cache.
Error failure_without_cache(const Engine& engine, const Engine::Bytes& bytes, Error not_cached) {
  const syntax::FeatureSet features = engine.config().features;
  auto module = binary::decode(bytes, features);
  if (!module) return std::move(module).error();
  auto validated = validate::validate(*module, features);
  return validated ? std::move(not_cached) : std::move(validated).error();
}

base::Result<Engine::Compiled> compile_bytes(const ScriptSettings& settings,
                                             const Engine::Bytes& bytes,
                                             const base::StopFlag* stop) {
  const Engine& engine = settings.engine;
  if (settings.goes_through_artefacts) {
    const base::ByteSpan secret = settings.cache.secret();
    return engine.load(cache::Blob::own(TRY(engine.compile_to_image(bytes, secret, stop))), secret);
  }
  auto compiled = engine.compile(bytes, {}, stop);
  const CacheAccount account = settings.cache.take_account();
  settings.cache.explain(account.module ? "module " + account.module->hex() : "a module", account);
  if (compiled || compiled.error().code != ErrorCode::not_cached) return compiled;
  return std::unexpected(failure_without_cache(engine, bytes, std::move(compiled).error()));
}

}  // namespace

base::Result<ScriptWorld::Compiled> ScriptWorld::compile(const text::ScriptModule& module) const {
  auto bytes = text::module_bytes(context_.text, module);
  if (bytes) {
    return compile_bytes(context_.settings,
                         std::make_shared<const std::vector<uint8_t>>(*std::move(bytes)),
                         deadline_ ? deadline_->flag() : nullptr);
  }
  Error error = std::move(bytes).error();
  if (error.offset != Error::no_offset) {
    const Place place = context_.lines.place(size_t(error.offset));
    if (!error.detail.empty()) error.detail += ", ";
    error.detail +=
        "at line " + std::to_string(place.line) + ", column " + std::to_string(place.column);
    error.offset = Error::no_offset;
  }
  return std::unexpected(std::move(error));
}

std::expected<Instance*, ScriptWorld::Failed> ScriptWorld::instantiate(Compiled compiled,
                                                                       const std::string& id) {
  return registry_.instantiate(*store_, std::move(compiled), id);
}

/// Makes an instance that later commands act on. Where it fails they have none to act on.
ScriptWorld::Verdict ScriptWorld::add_instance(Compiled compiled, const std::string& id) {
  last_module_ = {};
  auto instance = instantiate(std::move(compiled), id);
  if (!id.empty()) modules_[id] = {};
  if (!instance) return Mismatch{"an instance", describe(instance.error())};
  last_module_.instance = *instance;
  if (!id.empty()) modules_[id] = last_module_;
  return std::nullopt;
}

ScriptWorld::Verdict ScriptWorld::execute(const text::ScriptModule& module) {
  auto compiled = compile(module);
  last_definition_ = compiled ? *compiled : nullptr;
  if (!module.id.empty()) definitions_[module.id] = last_definition_;
  if (!compiled) {
    if (!module.is_definition) {
      last_module_ = {};
      if (!module.id.empty()) modules_[module.id] = {};
    }
    return Mismatch{"a valid module", compiled.error().message()};
  }
  return module.is_definition ? std::nullopt : add_instance(last_definition_, module.id);
}

ScriptWorld::Verdict ScriptWorld::execute(const text::InstanceCommand& command) {
  Compiled definition = last_definition_;
  if (!command.definition_id.empty()) {
    const auto found = definitions_.find(command.definition_id);
    definition = found == definitions_.end() ? nullptr : found->second;
  }
  if (definition) return add_instance(std::move(definition), command.id);
  return Mismatch{"a definition", command.definition_id.empty()
                                      ? "there is none"
                                      : "there is no valid " + quoted_id(command.definition_id)};
}

base::Result<ScriptWorld::NamedModule*> ScriptWorld::find_module(const std::string& id) {
  NamedModule* module = &last_module_;
  if (!id.empty()) {
    const auto found = modules_.find(id);
    if (found == modules_.end()) {
      return base::fail(ErrorCode::not_found, "no module is called " + quoted_id(id));
    }
    module = &found->second;
  }
  if (module->instance != nullptr || !module->shared_exports.empty()) return module;
  return base::fail(ErrorCode::not_found, id.empty()
                                              ? "no module has been instantiated just before"
                                              : quoted_id(id) + " could not be instantiated");
}

ScriptWorld::Verdict ScriptWorld::execute(const text::RegisterCommand& command) {
  const auto found = find_module(command.module_id);
  if (!found) return Mismatch{"a module to register", found.error().message()};
  const NamedModule& module = **found;
  registry_.remove_module(command.name);
  if (module.instance != nullptr) (void)registry_.define_instance(command.name, *module.instance);
  for (const auto& [name, definition] : module.shared_exports) {
    (void)registry_.define(command.name, name, definition);
  }
  return std::nullopt;
}

base::Result<Extern> ScriptWorld::find_export(const text::Action& action) {
  NamedModule& module = *TRY(find_module(action.module_id));
  std::optional<Extern> found;
  if (module.instance != nullptr) {
    found = module.instance->find_export(action.name);
  } else if (const auto shared = module.shared_exports.find(action.name);
             shared != module.shared_exports.end()) {
    found = shared->second;
  }
  if (found) return *found;
  return base::fail(ErrorCode::not_found, "the module exports no " + runtime::quoted(action.name));
}

ScriptWorld::Results ScriptWorld::perform(const text::Action& action) {
  const auto fail = [](Error error) { return std::unexpected(Failed(std::move(error))); };
  const auto found = find_export(action);
  if (!found) return fail(found.error());
  if (action.is_get) {
    runtime::Global* const* global = std::get_if<runtime::Global*>(&*found);
    if (global == nullptr) return fail({.code = ErrorCode::wrong_type, .detail = "not a global"});
    const runtime::GlobalCell& cell = *(*global)->cell;
    return std::vector{Value{(*global)->type.value, {cell.slots[0], cell.slots[1]}}};
  }
  runtime::Func* const* func = std::get_if<runtime::Func*>(&*found);
  if (func == nullptr) return fail({.code = ErrorCode::wrong_type, .detail = "not a function"});
  std::vector<Value> args;
  args.reserve(action.args.size());
  for (const text::ValuePattern& arg : action.args) args.push_back(to_value(arg));
  return runtime::call(*store_, **func, args);
}

ScriptWorld::Verdict ScriptWorld::execute(const text::Action& action) {
  const Results results = perform(action);
  if (results) return std::nullopt;
  return Mismatch{"a return", describe(results.error())};
}

ScriptWorld::Verdict ScriptWorld::execute(const text::AssertReturn& assertion) {
  const Results results = perform(assertion.action);
  if (results && matches(*store_, assertion.results, *results)) return std::nullopt;
  return Mismatch{to_string(assertion.results),
                  results ? to_string(*results) : describe(results.error())};
}

ScriptWorld::Verdict ScriptWorld::execute(const text::AssertActionFails& assertion) {
  std::string expected = wanted(assertion.how, assertion.text);
  if (assertion.how == Failing::suspension) {
    return Mismatch{std::move(expected), "stack switching is not supported"};
  }
  const Results results = perform(assertion.action);
  if (results) return Mismatch{std::move(expected), "it returned " + to_string(*results)};
  const Trap* trap = std::get_if<Trap>(&results.error());
  if (trap != nullptr && fails_as(assertion.how, assertion.text, *trap)) return std::nullopt;
  return Mismatch{std::move(expected), describe(results.error())};
}

ScriptWorld::Verdict ScriptWorld::execute(const text::AssertModuleFails& assertion) {
  std::expected<Instance*, Failed> outcome = nullptr;
  auto compiled = compile(assertion.module);
  if (!compiled) {
    if (!is_about_bytes(assertion.how)) {
      return Mismatch{"a valid module", compiled.error().message()};
    }
    outcome = std::unexpected(Failed(std::move(compiled).error()));
  } else if (!is_about_bytes(assertion.how)) {
    outcome = instantiate(*std::move(compiled), assertion.module.id);
  }
  std::string expected = wanted(assertion.how, assertion.text);
  if (outcome) {
    return Mismatch{std::move(expected),
                    is_about_bytes(assertion.how) ? "a valid module" : "it was instantiated"};
  }
  if (fails_as(assertion.how, assertion.text, outcome.error())) return std::nullopt;
  return Mismatch{std::move(expected), describe(outcome.error())};
}

/// Gives `with` the shared memories that the module `id` exports, under that name.
base::Result<> ScriptWorld::share(const std::string& id, ScriptWorld& with) {
  const NamedModule& module = *TRY(find_module(id));
  NamedModule copy;
  const auto take = [&](std::string_view name, const Extern& definition) {
    runtime::Memory* const* memory = std::get_if<runtime::Memory*>(&definition);
    if (memory == nullptr || !(*memory)->type().is_shared) return;
    copy.shared_exports.emplace(name, &with.store_->share_memory(store_->shared_memory(**memory)));
  };
  if (module.instance != nullptr) {
    for (const syntax::Export& entry : module.instance->module().exports) {
      take(entry.name, module.instance->export_at(entry));
    }
  }
  for (const auto& [name, definition] : module.shared_exports) take(name, definition);
  with.modules_[id] = std::move(copy);
  return {};
}

ScriptWorld::Verdict ScriptWorld::execute(const text::ThreadCommand& command) {
  const auto refuse = [](const Error& error) { return Mismatch{"a thread", error.message()}; };
  if (threads_.contains(command.id)) {
    return Mismatch{"a thread", "the thread " + quoted_id(command.id) + " has not been waited for"};
  }
  auto world = create(context_);
  if (!world) return refuse(world.error());
  if (!command.shared_module_id.empty()) {
    const auto shared = share(command.shared_module_id, **world);
    if (!shared) return refuse(shared.error());
  }
  auto running = std::make_unique<RunningThread>();
  running->world = *std::move(world);
  auto thread = platform::Thread::start([running = running.get(), &commands = command.commands] {
    running->report = running->world->run(commands);
  });
  if (!thread) return refuse(thread.error());
  running->thread = *std::move(thread);
  threads_[command.id] = std::move(running);
  return std::nullopt;
}

void ScriptWorld::join(RunningThread& thread) {
  thread.thread.join();
  report_.merge(std::move(thread.report));
}

ScriptWorld::Verdict ScriptWorld::execute(const text::WaitCommand& command) {
  const auto found = threads_.find(command.thread_id);
  if (found == threads_.end()) {
    return Mismatch{"a thread", "no thread is called " + quoted_id(command.thread_id)};
  }
  join(*found->second);
  threads_.erase(found);
  return std::nullopt;
}

}  // namespace waxwing::cli
