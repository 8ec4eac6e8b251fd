// A store with instances of modules in the text format, for every way to execute code.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/engine.h"
#include "runtime/linker.h"
#include "runtime/value.h"
#include "text/assembler.h"

namespace waxwing::baseline {

/// A way to execute code.
struct Way {
  std::string name;
  engine::Config config;
};

inline std::vector<Way> all_ways() {
  const auto way = [](std::string name, engine::Tier tier, const engine::CodegenConfig& codegen) {
    engine::Config config;
    config.features = syntax::FeatureSet::all();
    config.tier = tier;
    config.codegen = codegen;
    return Way{std::move(name), config};
  };
  engine::CodegenConfig few_registers;
  few_registers.max_registers = 4;
  engine::CodegenConfig oldest;
  oldest.guard_pages = false;
  oldest.cpu = codegen::x64::CpuFeatures();
  return {way("interpreter", engine::Tier::interpreter, {}),
          way("machine_code", engine::Tier::baseline, {}),
          way("few_registers", engine::Tier::baseline, few_registers),
          way("oldest_processor", engine::Tier::baseline, oldest)};
}

/// All ways and lazy ones, with something of the code that is off by default.
inline std::vector<Way> ways_with(bool engine::CodegenConfig::* what) {
  std::vector<Way> ways;
  for (Way& way : all_ways()) {
    way.config.codegen.*what = true;
    ways.push_back(way);
    if (way.config.tier == engine::Tier::interpreter) continue;
    way.config.codegen.lazy = true;
    way.name += "_lazily";
    ways.push_back(way);
  }
  return ways;
}

inline std::vector<Way> machine_code_ways() {
  std::vector<Way> ways = all_ways();
  std::erase_if(ways, [](const Way& way) { return way.config.tier == engine::Tier::interpreter; });
  return ways;
}

class WorldTest : public testing::TestWithParam<Way> {
 protected:
  explicit WorldTest(const runtime::StoreLimits& limits = {.gc_stress = true})
      : engine_(GetParam().config), store_(engine_.new_store(limits).value()) {
    runtime::HostFunc call;
    call.type = {{syntax::funcref}, {syntax::i32_type}};
    call.code = &call_back;
    EXPECT_TRUE(linker_.define_func(*store_, "host", "call", call));
  }

  /// Instantiates the module, whose imports are earlier ones' exports and host.call: (param
  /// funcref) (result i32), which calls the function, of type [] -> [i32]. Null after a failure.
  runtime::Instance* add(const std::string& name, std::string_view wat) {
    last_ = nullptr;
    auto bytes = text::assemble(wat);
    if (!bytes) {
      ADD_FAILURE() << bytes.error().message();
      return nullptr;
    }
    auto compiled = engine_.compile(std::move(*bytes));
    if (!compiled) {
      ADD_FAILURE() << compiled.error().message();
      return nullptr;
    }
    auto instance = linker_.instantiate(*store_, *compiled, name);
    if (!instance) {
      ADD_FAILURE() << "the module cannot be instantiated";
      return nullptr;
    }
    EXPECT_TRUE(linker_.define_instance(name, **instance));
    last_ = *instance;
    return *instance;
  }

  /// Calls an export of the last instance with i32s. Its results, or the trap's code.
  std::string run(std::string_view name, std::vector<uint32_t> arguments = {}) {
    if (!last_) return "no instance";
    const auto found = last_->find_export(name);
    if (!found) return "no such export";
    std::vector<runtime::Value> values;
    for (const uint32_t argument : arguments)
      values.push_back({.type = syntax::i32_type, .slots = {argument, 0}});
    const auto results = runtime::call(*store_, *std::get<runtime::Func*>(*found), values);
    if (!results) {
      if (const auto* trap = std::get_if<runtime::Trap>(&results.error()))
        return "trap " + std::to_string(static_cast<int>(trap->code));
      return std::get<base::Error>(results.error()).message();
    }
    std::string text;
    for (const runtime::Value& value : *results) {
      if (!text.empty()) text += ' ';
      text += runtime::to_string(value);
    }
    return text;
  }

  engine::Engine engine_;
  std::unique_ptr<runtime::Store> store_;
  runtime::Linker linker_;
  runtime::Instance* last_ = nullptr;

 private:
  static runtime::Outcome call_back(void*, runtime::Caller& caller, runtime::Slot* slots) {
    return caller.store.call(*runtime::Ref::from_bits(slots[0]).func(), slots);
  }
};

}  // namespace waxwing::baseline
