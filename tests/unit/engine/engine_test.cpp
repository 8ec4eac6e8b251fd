// The spine from bytes to compiled modules.
#include "engine/engine.h"

#include <gtest/gtest.h>
#include <thread>

#include "runtime/instance.h"
#include "runtime/value.h"

namespace waxwing::engine {
namespace {

using Bytes = std::vector<uint8_t>;

/// Exports "seven", of type [] -> [i32].
const Bytes seven = {0,   'a',  's', 'm', 1,    0, 0, 0, 1, 5,    1,   0x60, 0,
                     1,   0x7f, 3,   2,   1,    0, 7, 9, 1, 5,    's', 'e',  'v',
                     'e', 'n',  0,   0,   0x0a, 6, 1, 4, 0, 0x41, 7,   0x0b};

/// One function that makes an i31 and drops it.
const Bytes makes_i31 = {0, 'a', 's', 'm',  1, 0, 0, 0, 1,    4, 1,    0x60, 0,    0,   3,
                         2, 1,   0,   0x0a, 9, 1, 7, 0, 0x41, 0, 0xfb, 0x1c, 0x1a, 0x0b};

TEST(engine_compile, yields_a_module_that_runs) {
  const Engine engine;
  auto compiled = engine.compile(seven);
  ASSERT_TRUE(compiled) << compiled.error().message();
  auto store = engine.new_store();
  ASSERT_TRUE(store);
  auto instance = runtime::instantiate(**store, *compiled, {}, "seven");
  ASSERT_TRUE(instance);
  const auto found = (*instance)->find_export("seven");
  ASSERT_TRUE(found);
  const auto results = runtime::call(**store, *std::get<runtime::Func*>(*found), {});
  ASSERT_TRUE(results);
  EXPECT_EQ(runtime::to_string(results->at(0)), "7");
}

TEST(engine_compile, tells_malformed_from_invalid) {
  const Engine engine;
  const auto malformed = engine.compile({0, 'a', 's', 'm', 1, 0, 0});
  ASSERT_FALSE(malformed);
  EXPECT_EQ(base::error_class(malformed.error().code), base::ErrorClass::malformed);
  Bytes bytes = seven;
  bytes[bytes.size() - 3] = 0x42;  // i64.const
  const auto invalid = engine.compile(bytes);
  ASSERT_FALSE(invalid);
  EXPECT_EQ(invalid.error().code, base::ErrorCode::type_mismatch);
}

TEST(engine_compile, minds_the_features_of_its_configuration) {
  const Engine without_gc({.features = {syntax::Feature::mvp}});
  EXPECT_TRUE(without_gc.compile(seven));
  EXPECT_FALSE(without_gc.compile(makes_i31));
  EXPECT_TRUE(Engine().compile(makes_i31));
}

TEST(engine_compile, works_in_several_threads_and_shares_types) {
  const Engine engine;
  std::shared_ptr<const runtime::CompiledModule> compiled[4];
  {
    std::vector<std::jthread> threads;
    for (auto& result : compiled) {
      threads.emplace_back([&] { result = engine.compile(seven).value_or(nullptr); });
    }
  }
  for (const auto& module : compiled) {
    ASSERT_NE(module, nullptr);
    EXPECT_EQ(module->type_ids[syntax::TypeIdx(0u)], compiled[0]->type_ids[syntax::TypeIdx(0u)]);
  }
}

}  // namespace
}  // namespace waxwing::engine
