// Limits of what is compiled, and how compiling is stopped.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <stop_token>
#include <thread>

#include "api_case.h"

namespace waxwing {
namespace {

using namespace std::chrono_literals;

void append_number(std::vector<uint8_t>& to, size_t number) {
  for (; number >= 0x80; number >>= 7) to.push_back(uint8_t(number | 0x80));
  to.push_back(uint8_t(number));
}

void append_section(std::vector<uint8_t>& to, uint8_t id, const std::vector<uint8_t>& content) {
  to.push_back(id);
  append_number(to, content.size());
  to.insert(to.end(), content.begin(), content.end());
}

/// A function that has no parameters and 1,000 results.
void append_wide_type(std::vector<uint8_t>& to) {
  to.insert(to.end(), {0x60, 0});
  append_number(to, 1000);
  to.insert(to.end(), 1000, 0x7f);
}

/// One group of 60,000 types, of which the last one is none.
std::vector<uint8_t> module_with_large_group() {
  constexpr size_t count = 60'000;
  std::vector<uint8_t> types = {1, 0x4e};
  append_number(types, count);
  for (size_t i = 1; i < count; ++i) append_wide_type(types);
  types.push_back(0x00);
  std::vector<uint8_t> module = {0, 'a', 's', 'm', 1, 0, 0, 0};
  append_section(module, 1, types);
  return module;
}

/// One br_table of 90,000 labels with 1,000 operands each, and one that has none.
std::vector<uint8_t> module_with_large_table() {
  constexpr size_t labels = 90'000;
  std::vector<uint8_t> module = {0, 'a', 's', 'm', 1, 0, 0, 0};
  std::vector<uint8_t> types = {2, 0x60, 0, 0};
  append_wide_type(types);
  append_section(module, 1, types);
  append_section(module, 3, {1, 0});
  std::vector<uint8_t> body = {0};
  for (size_t i = 0; i < labels; ++i) body.insert(body.end(), {0x02, 1});
  for (size_t i = 0; i < 1000; ++i) body.insert(body.end(), {0x41, 0});
  body.insert(body.end(), {0x41, 0, 0x0e});
  append_number(body, labels + 1);
  for (size_t i = 0; i <= labels; ++i) append_number(body, i);
  append_number(body, 0);
  body.insert(body.end(), labels + 1, 0x0b);
  std::vector<uint8_t> code = {1};
  append_number(code, body.size());
  code.insert(code.end(), body.begin(), body.end());
  append_section(module, 10, code);
  return module;
}

/// Takes a microsecond a pair and more to validate, and longer to compile: one function calls
/// another that has 1,000 results, and one that takes them, `pairs` times.
std::vector<uint8_t> slow_module(uint32_t pairs) {
  std::vector<uint8_t> list;
  append_number(list, 1000);
  list.insert(list.end(), 1000, 0x7f);
  std::vector<uint8_t> types = {3, 0x60, 0, 0, 0x60, 0};
  types.insert(types.end(), list.begin(), list.end());
  types.push_back(0x60);
  types.insert(types.end(), list.begin(), list.end());
  types.push_back(0);
  std::vector<uint8_t> body = {0};
  for (uint32_t i = 0; i < pairs; ++i) body.insert(body.end(), {0x10, 0, 0x10, 1});
  body.push_back(0x0b);
  std::vector<uint8_t> code = {3, 3, 0, 0, 0x0b, 2, 0, 0x0b};
  append_number(code, body.size());
  code.insert(code.end(), body.begin(), body.end());
  std::vector<uint8_t> module = {0, 'a', 's', 'm', 1, 0, 0, 0};
  append_section(module, 1, types);
  append_section(module, 3, {3, 1, 2, 0});
  append_section(module, 10, code);
  return module;
}

class StoppedCompiling : public Tiers {};

void expect_stopped(const Result<Module>& result, TrapCode code) {
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), ErrorCode::interrupted) << result.error().message();
  ASSERT_NE(result.error().trap(), nullptr);
  EXPECT_EQ(result.error().trap()->code, code);
  EXPECT_NE(result.error().message().find("compiled"), std::string::npos);
}

TEST_P(StoppedCompiling, by_a_timeout_within_a_function) {
  const auto bytes = slow_module(2'000'000);
  const auto start = std::chrono::steady_clock::now();
  expect_stopped(engine.compile(bytes, {.timeout = 30ms}), TrapCode::deadline_exceeded);
  expect_stopped(engine.compile(bytes, {.timeout = 0ms}), TrapCode::deadline_exceeded);
  expect_stopped(engine.compile(bytes, {.timeout = -1ms}), TrapCode::deadline_exceeded);
  EXPECT_EQ(engine.validate(bytes, {.timeout = 30ms}).error().code(), ErrorCode::interrupted);
  const auto artefact = engine.compile_to_artefact(bytes, {}, {.timeout = 30ms});
  EXPECT_EQ(artefact.error().code(), ErrorCode::interrupted);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s) << "it would take five times that";
}

// What is wrong comes last: nobody got there.
TEST_P(StoppedCompiling, within_a_group_of_types) {
  const auto bytes = module_with_large_group();
  EXPECT_EQ(engine.compile(bytes).error().code(), ErrorCode::malformed);
  expect_stopped(engine.compile(bytes, {.timeout = 1ms}), TrapCode::deadline_exceeded);
}

TEST_P(StoppedCompiling, within_a_table_of_labels) {
  const auto bytes = module_with_large_table();
  const auto whole = engine.compile(bytes);
  EXPECT_EQ(whole.error().code(), ErrorCode::invalid) << whole.error().message();
  EXPECT_NE(whole.error().message().find("labels with 1000"), std::string::npos);
  expect_stopped(engine.compile(bytes, {.timeout = 5ms}), TrapCode::deadline_exceeded);
}

TEST_P(StoppedCompiling, by_a_token_of_another_thread) {
  const auto bytes = slow_module(2'000'000);
  std::stop_source source;
  std::jthread other([&] {
    std::this_thread::sleep_for(20ms);
    source.request_stop();
  });
  const CompileOptions options{.stop = source.get_token()};
  expect_stopped(engine.compile(bytes, options), TrapCode::interrupted);
  expect_stopped(engine.compile(slow_module(1), options), TrapCode::interrupted);
}

TEST_P(StoppedCompiling, is_not_what_has_time) {
  std::stop_source source;
  const CompileOptions options{.timeout = 1h, .stop = source.get_token()};
  EXPECT_TRUE(engine.compile(slow_module(10), options).has_value());
  const Engine cached(Config{.tier = GetParam(), .cache = CompilationCache::in_memory()});
  EXPECT_TRUE(cached.compile(slow_module(10), options).has_value());
  source.request_stop();
  expect_stopped(cached.compile(slow_module(10), options), TrapCode::interrupted);
  EXPECT_TRUE(cached.compile(slow_module(10)).has_value());
}

INSTANTIATE_TEST_SUITE_P(tiers, StoppedCompiling, all_tiers, tier_name);

TEST(compile_limits, are_resource_limits_that_say_what_to_raise) {
  const auto bytes = slow_module(100);
  const auto refused = [&](const CompileLimits& limits) {
    const Engine engine(Config{.limits = limits});
    const Error error = engine.compile(bytes).error();
    EXPECT_EQ(error.code(), ErrorCode::resource_limit) << error.message();
    EXPECT_EQ(engine.compile_to_artefact(bytes).error().code(), ErrorCode::resource_limit);
    return error.message();
  };
  EXPECT_NE(refused({.module_bytes = 1000}).find("CompileLimits::module_bytes allows 1000"),
            std::string::npos);
  EXPECT_NE(refused({.funcs = 2}).find("3 functions, and CompileLimits::funcs allows 2"),
            std::string::npos);
  EXPECT_NE(refused({.func_bytes = 400}).find("402 bytes in a function"), std::string::npos);
  EXPECT_TRUE(Engine().compile(bytes).has_value());
}

TEST(compile_limits, are_those_of_files) {
  const std::string path = testing::TempDir() + "/waxwing_compile_limits.wasm";
  const auto bytes = slow_module(100);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
  EXPECT_TRUE(Engine().compile_file(path).has_value());
  const Engine small(Config{.limits = {.module_bytes = 1000}});
  const Error error = small.compile_file(path).error();
  EXPECT_EQ(error.code(), ErrorCode::resource_limit);
  EXPECT_NE(error.message().find("CompileLimits::module_bytes"), std::string::npos);
  std::remove(path.c_str());
}

TEST(modules, keep_the_binary_that_they_were_compiled_from) {
  const auto bytes = require(wat_to_wasm("(module (func (export \"f\")))"));
  const Engine engine;
  const Module module = require(engine.compile(bytes));
  EXPECT_TRUE(std::ranges::equal(module.binary(), bytes));
  const auto artefact = require(engine.compile_to_artefact(bytes));
  EXPECT_TRUE(require(engine.load_artefact(artefact)).binary().empty());
}

}  // namespace
}  // namespace waxwing
