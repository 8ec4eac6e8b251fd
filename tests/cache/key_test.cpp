// What changes an image changes its key, and nothing else does.
#include <set>

#include "cache_world.h"
#include "engine/build_id.h"

namespace waxwing::engine {
namespace {

CodeTarget native() { return {.is_native = true}; }

cache::Digest key_for(const CodeTarget& target, std::string_view salt = {}) {
  return ImageKey(cache::key_of("a module"), compat_text(target, salt)).digest;
}

TEST(keys, differ_in_each_thing_that_code_depends_on) {
  std::vector<CodeTarget> targets = {native(), native(), native(), native(), native(),
                                     native(), {},       native(), {}};
  targets[1].guard_pages = false;
  targets[2].counters = true;
  targets[3].max_registers = 4;
  targets[4].cpu.add(codegen::x64::Feature::avx);
  targets[5].features.set(syntax::Feature::simd, false);
  targets[7].fuel = true;
  targets.push_back(native());
  targets.back().canonicalize_nans = true;
  targets.emplace_back().canonicalize_nans = true;
  targets[8].fuel = true;
  targets.push_back(native());
  targets.back().listeners = true;
  targets.emplace_back().listeners = true;
  std::set<cache::Digest> keys;
  for (const CodeTarget& target : targets) keys.insert(key_for(target));
  keys.insert(key_for(native(), "ours"));
  keys.insert(key_for(native(), "theirs"));
  keys.insert(ImageKey(cache::key_of("another module"), compat_text(native())).digest);
  EXPECT_EQ(keys.size(), targets.size() + 3);
  EXPECT_EQ(key_for(native()), key_for(native()));
}

TEST(keys, differ_in_every_feature_of_the_language_and_of_the_processor) {
  std::set<cache::Digest> keys = {key_for(native())};
  for (const syntax::FeatureInfo& info : syntax::feature_table) {
    CodeTarget target = native();
    target.features.set(info.id, !target.features.has(info.id));
    EXPECT_TRUE(keys.insert(key_for(target)).second) << info.text;
  }
  for (int i = 0; i <= static_cast<int>(codegen::x64::Feature::avx512_vnni); ++i) {
    CodeTarget target = native();
    const auto feature = static_cast<codegen::x64::Feature>(i);
    if (target.cpu.has(feature)) continue;
    target.cpu.add(feature);
    EXPECT_TRUE(keys.insert(key_for(target)).second) << i;
  }
}

TEST(keys, of_the_interpreter_know_nothing_of_machine_code) {
  CodeTarget target;
  const cache::Digest key = key_for(target);
  target.guard_pages = false;
  target.counters = true;
  target.cpu.add(codegen::x64::Feature::avx2);
  EXPECT_EQ(key_for(target), key);
}

TEST(keys, name_the_build_and_the_abi) {
  const std::string text = compat_text(native());
  EXPECT_NE(text.find("build " + std::string(build_id()) + "\n"), text.npos);
  EXPECT_NE(text.find("abi " + std::string(abi_hash()) + "\n"), text.npos);
}

TEST(keys, do_not_give_the_salt_away) {
  EXPECT_EQ(compat_text(native(), "sesame").find("sesame"), std::string::npos);
}

TEST(keys, processor_features_are_read_as_they_are_written) {
  codegen::x64::CpuFeatures all;
  for (int i = 0; i <= static_cast<int>(codegen::x64::Feature::avx512_vnni); ++i)
    all.add(static_cast<codegen::x64::Feature>(i));
  for (const codegen::x64::CpuFeatures& set : {all, codegen::x64::CpuFeatures()}) {
    const auto read = codegen::x64::CpuFeatures::from_text(set.text());
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, set);
  }
  EXPECT_FALSE(codegen::x64::CpuFeatures::from_text("avx and more"));
}

/// Engines that differ in one thing each.
std::vector<Config> configs() {
  std::vector<Config> configs(7);
  configs[1].codegen.guard_pages = false;
  configs[2].codegen.counters = true;
  configs[3].codegen.max_registers = 4;
  configs[4].codegen.cpu = codegen::x64::CpuFeatures();
  configs[5].features.set(syntax::Feature::relaxed_simd, false);
  configs[6].tier = Tier::interpreter;
  return configs;
}

TEST(keys, keep_engines_that_differ_apart_and_say_how) {
  const auto host = codegen::x64::CpuFeatures::from_host();
  const bool has_more = host && *host != codegen::x64::CpuFeatures();
  DirectoryCache directory;
  const Bytes bytes = sample();
  size_t compiled = 0;
  for (int round = 0; round < 2; ++round) {
    size_t number = 0;
    for (Config config : configs()) {
      if (!host && number != 0 && number < 5) continue;
      if (number++ == 4 && !has_more) continue;
      config.cache = directory.open();
      EXPECT_EQ(run(Engine(config), bytes), sample_result);
      EXPECT_EQ(config.cache->stats().compiled, round == 0 ? 1U : 0U) << number;
      compiled += config.cache->stats().compiled;
    }
  }
  EXPECT_EQ(directory.home.open()->entries()->size(), compiled);
}

TEST(keys, a_miss_names_what_differs) {
  if (!codegen::x64::CpuFeatures::from_host()) GTEST_SKIP() << "no machine code here";
  DirectoryCache directory;
  const Bytes bytes = sample();
  Config config;
  config.cache = directory.open();
  EXPECT_EQ(run(Engine(config), bytes), sample_result);
  config.cache = directory.open({.requires_hit = true});
  config.codegen.counters = true;
  const auto counted = Engine(config).compile(bytes);
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code, base::ErrorCode::not_cached);
  EXPECT_NE(counted.error().message().find("counters"), std::string::npos)
      << counted.error().message();
  config.codegen.counters = false;
  config.codegen.guard_pages = false;
  const auto checked = Engine(config).compile(bytes);
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message().find("bounds"), std::string::npos)
      << checked.error().message();
}

TEST(keys, listeners_and_threads_share_what_is_compiled) {
  DirectoryCache directory;
  const Bytes bytes = sample();
  Config config;
  for (const uint32_t threads : {1U, 2U}) {
    config.cache = directory.open();
    config.codegen.threads = threads;
    EXPECT_EQ(run(Engine(config), bytes), sample_result);
  }
  EXPECT_EQ(directory.home.open()->entries()->size(), 1U);
}

}  // namespace
}  // namespace waxwing::engine
