// The baseline compiler as a whole: any number of threads yields the same image.
#include "baseline/baseline.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "binary/module_decoder.h"
#include "validate/module_validator.h"

namespace waxwing::baseline {
namespace {

using Bytes = std::vector<uint8_t>;

void put_number(Bytes& bytes, size_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<uint8_t>(value | 0x80));
  bytes.push_back(static_cast<uint8_t>(value));
}

void put_sized(Bytes& bytes, const Bytes& content) {
  put_number(bytes, content.size());
  bytes.insert(bytes.end(), content.begin(), content.end());
}

void put_section(Bytes& bytes, uint8_t id, const Bytes& content) {
  bytes.push_back(id);
  put_sized(bytes, content);
}

/// A function () -> i32 of `steps` calls of other functions, loads, and additions.
Bytes body(size_t steps, size_t callee) {
  Bytes code = {1, 1, 0x7f};  // one local i32
  for (size_t i = 0; i < steps; ++i) {
    code.push_back(0x10);  // call
    put_number(code, callee);
    code.insert(code.end(), {0x20, 0, 0x28, 2, 4, 0x6a});  // local.get, i32.load, i32.add
    code.insert(code.end(), {0x20, 0, 0x6e, 0x21, 0});     // local.get, i32.div_u, local.set
  }
  code.insert(code.end(), {0x20, 0, 0x0b});
  return code;
}

/// 600 functions, the last one larger than all others together.
syntax::Module make_module() {
  constexpr size_t count = 600;
  Bytes bytes = {0, 'a', 's', 'm', 1, 0, 0, 0};
  put_section(bytes, 1, {1, 0x60, 0, 1, 0x7f});
  Bytes funcs;
  Bytes codes;
  put_number(funcs, count);
  put_number(codes, count);
  for (size_t i = 0; i < count; ++i) {
    funcs.push_back(0);
    put_sized(codes, body(i + 1 == count ? 20000 : i % 60, (i * 7) % count));
  }
  put_section(bytes, 3, funcs);
  put_section(bytes, 5, {1, 0, 1});
  put_section(bytes, 10, codes);
  const auto features = syntax::FeatureSet::defaults();
  auto module = binary::decode(std::make_shared<const Bytes>(std::move(bytes)), features);
  EXPECT_TRUE(module && validate::validate(*module, features));
  return *std::move(module);
}

auto facts(const abi::CodeFunc& func) {
  return std::tuple(func.begin, func.end, func.frame_bytes, func.first_site, func.first_handler);
}
auto facts(const abi::CodeSite& site) {
  return std::tuple(site.code_offset, site.body_offset, site.trap);
}

TEST(baseline, image_is_the_same_for_any_number_of_threads) {
  const syntax::Module module = make_module();
  const auto one = compile(module, {.features = {}});
  ASSERT_TRUE(one);
  const auto same = [](const auto& a, const auto& b) { return facts(a) == facts(b); };
  for (const uint32_t threads : {2u, 3u, 16u}) {
    const auto many = compile(module, {.features = {}, .threads = threads});
    ASSERT_TRUE(many);
    EXPECT_TRUE(one->text == many->text) << threads;
    EXPECT_TRUE(std::ranges::equal(one->funcs, many->funcs, same)) << threads;
    EXPECT_TRUE(std::ranges::equal(one->sites, many->sites, same)) << threads;
  }
}

TEST(baseline, progress_rises_to_the_total_on_the_thread_that_called) {
  struct Seen {
    std::thread::id thread = std::this_thread::get_id();
    std::vector<size_t> done;
    bool is_other_thread = false;
  } seen;
  const syntax::Module module = make_module();
  const auto note = [](void* context, size_t done, size_t total) {
    auto& record = *static_cast<Seen*>(context);
    record.done.push_back(done);
    record.is_other_thread |= std::this_thread::get_id() != record.thread;
    EXPECT_EQ(total, 600u);
  };
  ASSERT_TRUE(
      compile(module, {.features = {}, .threads = 4, .progress = note, .progress_context = &seen}));
  ASSERT_FALSE(seen.done.empty());
  EXPECT_EQ(seen.done.back(), 600u);
  EXPECT_TRUE(std::ranges::is_sorted(seen.done));
  EXPECT_FALSE(seen.is_other_thread);
}

TEST(baseline, a_module_without_functions_has_an_image) {
  const syntax::Module module;
  const auto image = compile(module, {.features = {}, .threads = 8});
  ASSERT_TRUE(image);
  EXPECT_TRUE(image->funcs.empty());
}

}  // namespace
}  // namespace waxwing::baseline
