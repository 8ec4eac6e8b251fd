// Engines, modules, and what modules tell of themselves.
#include "waxwing/engine.h"

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "api_case.h"

namespace waxwing {
namespace {

constexpr const char* everything = R"((module $whole
  (import "env" "f" (func (param i32) (result f64)))
  (import "env" "memory" (memory 1 2))
  (import "env" "table" (table 3 externref))
  (import "env" "global" (global (mut i64)))
  (import "env" "tag" (tag (param f32)))
  (func $own (export "run") (param v128) (result externref) (ref.null extern))
  (memory (export "big") i64 1 5)
  (global (export "ref") (ref func) (ref.func $own))
  (@custom "notes" "some bytes")))";

TEST(modules, tell_what_they_ask_for_and_offer) {
  const Engine engine;
  const Module module = compile(engine, everything);
  EXPECT_EQ(module.name(), "whole");
  std::string text;
  for (const ImportType& import : module.imports())
    text += import.module + "." + import.name + " " + to_string(import.type) + "\n";
  for (const ExportType& entry : module.exports())
    text += entry.name + " " + to_string(entry.type) + "\n";
  EXPECT_EQ(text,
            "env.f func (param i32) (result f64)\n"
            "env.memory memory 1 2\n"
            "env.table table 3 externref\n"
            "env.global global (mut i64)\n"
            "env.tag tag (param f32)\n"
            "run func (param v128) (result externref)\n"
            "big memory i64 1 5\n"
            "ref global (ref func)\n");
  EXPECT_EQ(module.func_count(), 2u);
  EXPECT_EQ(module.func_name(1), "own");
  EXPECT_EQ(module.func_name(7), "");
  bool has_notes = false;
  for (const CustomSection& section : module.custom_sections())
    has_notes |= section.name == "notes" && section.bytes.size() == 10;
  EXPECT_TRUE(has_notes);
  EXPECT_TRUE(module.find_export("big").has_value());
  EXPECT_FALSE(module.find_export("small").has_value());
  EXPECT_TRUE(module.features_used().has(Feature::memory64));
  EXPECT_FALSE(module.features_used().has(Feature::wide_arithmetic));
}

TEST(modules, tell_who_made_them) {
  const Engine engine;
  const Module module = compile(engine, R"((module
    (@custom "producers"
      "\02\08language\01\01C\0211\0cprocessed-by\02\05clang\0219\03lld\0219")))");
  std::string text;
  for (const Producer& producer : module.producers())
    text += producer.field + "=" + producer.name + " " + producer.version + ";";
  EXPECT_EQ(text, "language=C 11;processed-by=clang 19;processed-by=lld 19;");
  EXPECT_TRUE(compile(engine, "(module)").producers().empty());
  EXPECT_TRUE(compile(engine, R"((module (@custom "producers" "\ff\ff\ff")))").producers().empty());
}

TEST(engines, say_what_is_wrong_with_a_module) {
  const Engine engine;
  const std::vector<uint8_t> empty;
  EXPECT_EQ(engine.compile(empty).error().code(), ErrorCode::malformed);
  auto bytes = require(wat_to_wasm("(module (func (result i32) (f32.const 1)))"));
  const Error invalid = engine.compile(bytes).error();
  EXPECT_EQ(invalid.code(), ErrorCode::invalid);
  EXPECT_TRUE(invalid.offset().has_value());
  EXPECT_EQ(engine.validate(bytes).error().code(), ErrorCode::invalid);
  bytes = require(wat_to_wasm("(module (memory i64 1))"));
  EXPECT_TRUE(engine.validate(bytes).has_value());
  const Engine old(Config{.features = Features::defaults().without(Feature::memory64)});
  EXPECT_FALSE(old.validate(bytes).has_value());
  EXPECT_EQ(wat_to_wasm("(module (func $f (call $g)))").error().code(), ErrorCode::malformed);
  EXPECT_EQ(engine.compile_file("/there/is/no/such.wasm").error().code(), ErrorCode::not_found);
}

TEST(engines, artefacts_run_elsewhere_and_are_checked) {
  const Engine engine;
  const auto bytes =
      require(wat_to_wasm(R"((module (func (export "f") (result i32) (i32.const 9))))"));
  const std::vector<uint8_t> secret(32, 7);
  auto artefact = require(engine.compile_to_artefact(bytes, secret));
  const Engine other;
  const Module module = require(other.load_artefact(artefact, secret));
  Store store = require(Store::create(other));
  const Instance instance = require(Instance::create(store, module));
  EXPECT_EQ(require(require(instance.func<int32_t()>("f"))()), 9);
  EXPECT_EQ(other.load_artefact(artefact, std::vector<uint8_t>(32, 8)).error().code(),
            ErrorCode::invalid_argument);
  artefact.back() ^= 1;
  EXPECT_EQ(other.load_artefact(artefact, secret).error().code(), ErrorCode::invalid_argument);
  EXPECT_FALSE(other.load_artefact(bytes, secret).has_value());
}

TEST(engines, one_nan_for_all_where_runs_are_to_be_the_same) {
  for (const Tier tier : {Tier::interpreter, Tier::automatic}) {
    const Engine engine(Config{.tier = tier, .deterministic = true});
    Store store = require(Store::create(engine));
    const Instance instance = require(Instance::create(store, compile(engine, R"((module
      (func (export "sqrt") (param f64) (result i64)
        (i64.reinterpret_f64 (f64.sqrt (local.get 0))))))")));
    const auto sqrt = require(instance.func<uint64_t(double)>("sqrt"));
    EXPECT_EQ(require(sqrt(-1.0)), 0x7ff8000000000000u);
    EXPECT_EQ(require(sqrt(std::bit_cast<double>(uint64_t{0xfff8000000001234}))),
              0x7ff8000000000000u);
  }
}

class MapStore final : public CacheStore {
 public:
  std::optional<std::vector<uint8_t>> get(const Key& key) override {
    const std::lock_guard lock(mutex);
    const auto found = entries.find(key);
    if (found == entries.end()) return std::nullopt;
    return found->second;
  }
  bool put(const Key& key, std::span<const uint8_t> bytes) override {
    const std::lock_guard lock(mutex);
    entries[key] = std::vector<uint8_t>(bytes.begin(), bytes.end());
    return true;
  }
  void remove(const Key& key) override {
    const std::lock_guard lock(mutex);
    entries.erase(key);
  }

  std::mutex mutex;
  std::map<Key, std::vector<uint8_t>> entries;
};

TEST(caches, engines_share_what_was_compiled) {
  const auto store = std::make_shared<MapStore>();
  const auto bytes =
      require(wat_to_wasm(R"((module (func (export "f") (result i32) (i32.const 9))))"));
  {
    const CompilationCache cache = CompilationCache::over(store);
    const Engine first(Config{.cache = cache});
    const Engine second(Config{.cache = cache});
    EXPECT_TRUE(first.compile(bytes).has_value());
    EXPECT_TRUE(second.compile(bytes).has_value());
    EXPECT_EQ(cache.stats().memory_hits, 1u);
    EXPECT_EQ(cache.stats().misses, 1u);
    EXPECT_EQ(store->entries.size(), 1u);
  }
  const CompilationCache cache = CompilationCache::over(store, {.require_hit = true});
  const Engine engine(Config{.cache = cache});
  EXPECT_TRUE(engine.compile(bytes).has_value());
  EXPECT_EQ(cache.stats().store_hits, 1u);
  EXPECT_EQ(engine.compile(require(wat_to_wasm("(module (memory 3))"))).error().code(),
            ErrorCode::not_cached);
  store->entries.begin()->second.back() ^= 1;
  const CompilationCache again = CompilationCache::over(store);
  EXPECT_TRUE(Engine(Config{.cache = again}).compile(bytes).has_value());
  EXPECT_EQ(again.stats().damaged, 1u);
}

TEST(caches, a_directory_serves_the_next_process) {
  std::string folder = (std::filesystem::temp_directory_path() / "waxwing-api-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const auto bytes = require(wat_to_wasm("(module (memory 1))"));
  for (int i = 0; i < 2; ++i) {
    const CompilationCache cache = require(CompilationCache::directory(folder + "/cache"));
    EXPECT_TRUE(Engine(Config{.cache = cache}).compile(bytes).has_value());
    EXPECT_EQ(cache.stats().store_hits, uint64_t(i));
  }
  std::ofstream(folder + "/file") << "no directory";
  EXPECT_EQ(CompilationCache::directory(folder + "/file/cache").error().code(), ErrorCode::io);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace waxwing
