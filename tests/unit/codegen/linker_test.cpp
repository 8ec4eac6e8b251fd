#include "codegen/linker.h"

#include <cstdio>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "platform/clock.h"

namespace waxwing::codegen {
namespace {

using abi::BuiltinId;
using abi::CodeImage;
using abi::CodeStubs;
using syntax::FuncType;
using syntax::TrapCode;
using syntax::TypeIdx;

constexpr uint8_t padding = 0xee;

/// Stubs of 16 bytes each: enter ones, and then the others in the order of StubRequest.
class FakeStubs : public StubWriter {
 public:
  base::Result<StubCode> write(const syntax::Module&, const StubRequest& asked) override {
    request = asked;
    if (fails) return base::fail(base::ErrorCode::out_of_memory, "stubs");
    StubCode code;
    const auto place = [&](const std::vector<bool>& wanted) {
      std::vector<uint32_t> places(wanted.size(), CodeStubs::none);
      for (size_t i = 0; i < wanted.size(); ++i) {
        if (!wanted[i]) continue;
        places[i] = static_cast<uint32_t>(code.text.size());
        code.text.resize(code.text.size() + 16, 0x11);
      }
      return places;
    };
    code.stubs.enter = place(asked.enter);
    code.stubs.enter_end = static_cast<uint32_t>(code.text.size());
    code.stubs.builtins = place(asked.builtins);
    code.stubs.traps = place(asked.traps);
    code.stubs.foreign = place(asked.foreign);
    code.stubs.tail_foreign = place(asked.tail_foreign);
    if (!code.text.empty()) code.text_end_references = {4};
    code.padding = padding;
    return code;
  }

  StubRequest request;
  bool fails = false;
};

/// A module of `func_count` functions, of types 1, 2, 3, 1, 2, ...; 0 is that of an import, and 3
/// is equal to 1.
syntax::Module module_of(size_t func_count) {
  syntax::Module module;
  for (uint32_t i = 0; i < 4; ++i) {
    module.types.push_back({.super = std::nullopt, .composite = FuncType{}});
    module.canonical_types.push_back(TypeIdx(i == 3 ? 1 : i));
  }
  module.imported_funcs = 1;
  module.funcs.push_back(TypeIdx(size_t{0}));
  for (size_t i = 0; i < func_count; ++i) module.funcs.push_back(TypeIdx(1 + i % 3));
  module.bodies.resize(func_count);
  return module;
}

CodeObject object_of(size_t size_bytes, uint8_t fill) {
  CodeObject object;
  object.text.assign(size_bytes, fill);
  return object;
}

/// Where the four bytes at `position` lead to.
uint32_t target_at(const CodeImage& image, uint32_t position) {
  return position + 4 + base::load_le<uint32_t>(&image.text[position]);
}

TEST(linker, places_functions_behind_the_stubs_with_padding_between) {
  FakeStubs stubs;
  std::vector<CodeObject> objects;
  objects.push_back(object_of(65, 1));
  objects.push_back(object_of(64, 2));
  objects.push_back(object_of(1, 3));
  objects[1].frame_bytes = 48;
  const auto image = link(module_of(3), std::move(objects), stubs);
  ASSERT_TRUE(image);
  ASSERT_EQ(image->funcs.size(), 3u);
  EXPECT_EQ(image->stubs.enter_end, 32u);
  EXPECT_EQ(image->funcs[0].begin, 64u);
  EXPECT_EQ(image->funcs[0].end, 129u);
  EXPECT_EQ(image->funcs[1].begin, 192u);
  EXPECT_EQ(image->funcs[1].end, 256u);
  EXPECT_EQ(image->funcs[1].frame_bytes, 48u);
  EXPECT_EQ(image->funcs[2].begin, 256u);
  EXPECT_EQ(image->funcs[2].end, 257u);
  ASSERT_EQ(image->text.size(), 320u);
  for (uint32_t i = 32; i < 320; ++i) {
    const uint8_t wanted = i >= 64 && i < 129    ? 1
                           : i >= 192 && i < 256 ? 2
                           : i == 256            ? 3
                                                 : padding;
    EXPECT_EQ(image->text[i], wanted) << i;
  }
  EXPECT_EQ(target_at(*image, 4), 320u);
  EXPECT_EQ(image->find_func(63), nullptr);
  EXPECT_EQ(image->find_func(128), &image->funcs[0]);
  EXPECT_EQ(image->find_func(129), nullptr);
}

TEST(linker, asks_for_the_stubs_that_are_needed_and_equal_types_share_them) {
  FakeStubs stubs;
  std::vector<CodeObject> objects;
  for (int i = 0; i < 3; ++i) objects.push_back(object_of(32, 0));
  const auto index = [](auto id) { return static_cast<uint32_t>(id); };
  objects[0].references = {{0, {TargetKind::builtin, index(BuiltinId::memory_grow)}},
                           {4, {TargetKind::trap, index(TrapCode::unreachable)}},
                           {8, {TargetKind::foreign, 3}},
                           {12, {TargetKind::foreign, 1}}};
  objects[2].references = {{28, {TargetKind::tail_foreign, 2}}};
  const auto image = link(module_of(3), std::move(objects), stubs);
  ASSERT_TRUE(image);
  const auto only = [](size_t size, std::initializer_list<size_t> chosen) {
    std::vector<bool> set(size);
    for (const size_t i : chosen) set[i] = true;
    return set;
  };
  EXPECT_EQ(stubs.request.enter, only(4, {1, 2}));
  EXPECT_EQ(stubs.request.builtins, only(abi::builtin_count, {index(BuiltinId::memory_grow)}));
  EXPECT_EQ(stubs.request.traps,
            only(std::size(syntax::trap_texts), {index(TrapCode::unreachable)}));
  EXPECT_EQ(stubs.request.foreign, only(4, {1}));
  EXPECT_EQ(stubs.request.tail_foreign, only(4, {2}));
  EXPECT_EQ(image->stubs.enter, (std::vector<uint32_t>{CodeStubs::none, 0, 16, 0}));
  EXPECT_EQ(image->stubs.foreign,
            (std::vector<uint32_t>{CodeStubs::none, 64, CodeStubs::none, 64}));
  const uint32_t first = image->funcs[0].begin;
  EXPECT_EQ(target_at(*image, first), 32u);
  EXPECT_EQ(target_at(*image, first + 4), 48u);
  EXPECT_EQ(target_at(*image, first + 8), 64u);
  EXPECT_EQ(target_at(*image, first + 12), 64u);
  EXPECT_EQ(target_at(*image, image->funcs[2].begin + 28), 80u);
}

TEST(linker, calls_between_functions_reach_both_ways) {
  FakeStubs stubs;
  std::vector<CodeObject> objects;
  for (uint8_t i = 0; i < 5; ++i) objects.push_back(object_of(20, 0));
  for (uint32_t i = 0; i < 5; ++i) objects[i].references = {{7, {TargetKind::func, 4 - i}}};
  const auto image = link(module_of(5), std::move(objects), stubs);
  ASSERT_TRUE(image);
  for (uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(target_at(*image, image->funcs[i].begin + 7), image->funcs[4 - i].begin);
  }
}

TEST(linker, rebases_sites_and_handlers_and_sorts_sites) {
  FakeStubs stubs;
  std::vector<CodeObject> objects;
  for (int i = 0; i < 3; ++i) objects.push_back(object_of(16, 0));
  objects[0].sites = {{9, 90, TrapCode::none}, {2, 20, TrapCode::unreachable}};
  objects[2].sites = {{1, 10, TrapCode::none}};
  objects[0].handlers = {{.begin = 8, .end = 9, .target = 3, .tag = 7},
                         {.begin = 1, .end = 15, .target = 4}};
  objects[2].handlers = {{.begin = 0, .end = 2, .target = 5}};
  const auto image = link(module_of(3), std::move(objects), stubs);
  ASSERT_TRUE(image);
  const uint32_t first = image->funcs[0].begin;
  const uint32_t third = image->funcs[2].begin;
  ASSERT_EQ(image->sites.size(), 3u);
  EXPECT_EQ(image->sites[0].code_offset, first + 2);
  EXPECT_EQ(image->sites[0].body_offset, 20u);
  EXPECT_EQ(image->sites[0].trap, TrapCode::unreachable);
  EXPECT_EQ(image->sites[1].code_offset, first + 9);
  EXPECT_EQ(image->sites[2].code_offset, third + 1);
  EXPECT_EQ(image->funcs[0].first_site, 0u);
  EXPECT_EQ(image->funcs[1].first_site, 2u);
  EXPECT_EQ(image->funcs[2].first_site, 2u);
  EXPECT_EQ(image->find_site(third + 1)->body_offset, 10u);
  EXPECT_EQ(image->find_site(third), nullptr);
  const auto handlers = image->handlers_of(image->funcs[0]);
  ASSERT_EQ(handlers.size(), 2u);  // in the order in which they are asked
  EXPECT_EQ(handlers[0].begin, first + 8);
  EXPECT_EQ(handlers[0].end, first + 9);
  EXPECT_EQ(handlers[0].target, first + 3);
  EXPECT_EQ(handlers[0].tag, 7u);
  EXPECT_EQ(handlers[1].target, first + 4);
  EXPECT_EQ(handlers[1].tag, abi::CodeHandler::all_tags);
  EXPECT_TRUE(image->handlers_of(image->funcs[1]).empty());
  EXPECT_EQ(image->handlers_of(image->funcs[2])[0].target, third + 5);
}

TEST(linker, passes_on_the_failure_of_stubs) {
  FakeStubs stubs;
  stubs.fails = true;
  const auto image = link(module_of(0), {}, stubs);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, base::ErrorCode::out_of_memory);
}

TEST(linker, a_module_without_functions_has_stubs_only) {
  FakeStubs stubs;
  const auto image = link(module_of(0), {}, stubs);
  ASSERT_TRUE(image);
  EXPECT_TRUE(image->funcs.empty());
  EXPECT_EQ(image->find_func(0), nullptr);
}

// As large as the largest program that is known: prints the time, asserts nothing of it.
TEST(linker, speed) {
  constexpr uint32_t func_count = 35'000;
  std::vector<CodeObject> objects;
  for (uint32_t i = 0; i < func_count; ++i) {
    CodeObject& object = objects.emplace_back(object_of(1'750, static_cast<uint8_t>(i)));
    for (uint32_t j = 0; j < 40; ++j) {
      object.references.push_back({j * 40, {TargetKind::func, (i * 7919 + j) % func_count}});
      object.sites.push_back({j * 40 + 3, j, TrapCode::none});
    }
    for (uint32_t j = 0; j < 5; ++j) object.sites.push_back({1'700 + j * 5, j, TrapCode::none});
  }
  FakeStubs stubs;
  const syntax::Module module = module_of(func_count);
  const uint64_t start = platform::monotonic_ns();
  const auto image = link(module, std::move(objects), stubs);
  const uint64_t time = platform::monotonic_ns() - start;
  ASSERT_TRUE(image);
  std::printf("%zu functions, %.1f MB: %.1f ms\n", image->funcs.size(),
              static_cast<double>(image->text.size()) / 1e6, static_cast<double>(time) / 1e6);
}

TEST(linker, refuses_an_image_that_is_larger_than_it_may_be) {
  const auto link_within = [](uint64_t max_bytes) {
    FakeStubs stubs;
    std::vector<CodeObject> objects;
    for (int i = 0; i < 3; ++i) objects.push_back(object_of(64, 0xaa));
    return link(module_of(3), std::move(objects), stubs, {.max_bytes = max_bytes});
  };
  const auto whole = link_within(max_text_bytes);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(link_within(whole->text.size()));
  const auto refused = link_within(whole->text.size() - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::implementation_limit);
}

}  // namespace
}  // namespace waxwing::codegen
