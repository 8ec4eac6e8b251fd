// Instances whose memory begins as an image have what copied segments would have written.
#include "runtime/data_images.h"

#include <atomic>
#include <thread>

#include "fixtures.h"

namespace waxwing::runtime {
namespace {

using syntax::TrapCode;

constexpr uint64_t page = 65536;

class DataImagesTest : public StoreTest {
 public:
  DataImagesTest() : text(2 * page, 'x') {
    builder.module.memories.push_back({.limits_pages = {4, 5}});
    builder.active_data(1000, text);
    builder.active_data(1500, "later ones win");
  }
  bool has_images(const CompiledModule& compiled) {
    static_cast<void>(compiled.loaded->data_images.find(compiled.module));
    return !compiled.loaded->data_images.find(compiled.module).empty();
  }
  Instance& make(const std::shared_ptr<const CompiledModule>& compiled) {
    auto instance = instantiate(*store, compiled, {}, "");
    EXPECT_TRUE(instance.has_value());
    return **instance;
  }

  std::string text;
  ModuleBuilder builder;
};

TEST_F(DataImagesTest, every_instance_begins_with_the_same_bytes) {
  const auto compiled = builder.compile(types);
  std::string expected(4 * page, '\0');
  expected.replace(1000, text.size(), text);
  expected.replace(1500, 14, "later ones win");
  for (int i = 0; i < 4; ++i) {
    Instance& instance = make(compiled);
    Memory& memory = *instance.data.memory0;
    ASSERT_TRUE(base::as_text({memory.base(), 4 * page}) == expected) << i;
    EXPECT_TRUE(instance.data_segment(syntax::DataIdx(0u)).empty()) << "it is dropped";
    std::memset(memory.base(), 'w', 4 * page);
    EXPECT_EQ(memory.grow(1), 4);
    EXPECT_EQ(memory.base()[4 * page], 0);
    EXPECT_EQ(memory.base()[4 * page - 1], 'w');
  }
  EXPECT_TRUE(has_images(*compiled));
}

TEST_F(DataImagesTest, a_guest_with_many_memories_takes_no_descriptors_from_the_host) {
  ModuleBuilder many;
  for (uint32_t i = 0; i < 40; ++i) {
    many.module.memories.push_back({.limits_pages = {4, 5}});
    many.module.datas.push_back({.memory = syntax::MemIdx(i),
                                 .offset = many.expr({i32_const(1000)}),
                                 .bytes = base::as_bytes(text)});
  }
  EXPECT_FALSE(has_images(*many.compile(types)));
}

TEST_F(DataImagesTest, a_memory_may_end_within_a_page_of_the_host) {
  ModuleBuilder bytes;
  bytes.module.memories.push_back({.limits_pages = {2 * page + 3, {}}, .page_size_log2 = 0});
  bytes.active_data(2, text);
  bytes.active_data(2 * page + 1, "ab");
  const auto compiled = bytes.compile(types);
  for (int i = 0; i < 3; ++i) {
    Memory& memory = *make(compiled).data.memory0;
    EXPECT_EQ(base::as_text({memory.base(), 4}), std::string_view("\0\0xx", 4)) << i;
    EXPECT_EQ(base::as_text({memory.base() + 2 * page, 3}), "xab");
    ASSERT_EQ(memory.grow(1), int64_t(2 * page + 3));
    EXPECT_EQ(memory.base()[2 * page + 3], 0);
  }
  EXPECT_TRUE(has_images(*compiled));
}

TEST_F(DataImagesTest, threads_may_be_the_first_at_once) {
  const auto compiled = builder.compile(types);
  std::atomic<int> right = 0;
  const auto work = [&] {
    for (int i = 0; i < 20; ++i) {
      const auto own = *Store::create(types, {});
      const Instance& instance = **instantiate(*own, compiled, {}, "");
      const std::string_view begin = base::as_text({instance.data.memory0->base() + 1498, 18});
      if (begin == "xxlater ones winxx") ++right;
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(right, 40);
}

TEST_F(DataImagesTest, the_first_instance_is_made_without) {
  const auto compiled = builder.compile(types);
  EXPECT_TRUE(compiled->loaded->data_images.find(compiled->module).empty());
  EXPECT_FALSE(compiled->loaded->data_images.find(compiled->module).empty());
}

TEST_F(DataImagesTest, segments_that_may_trap_are_copied_one_by_one) {
  builder.active_data(4 * page - 1, "ab");
  const auto compiled = builder.compile(types);
  for (int i = 0; i < 3; ++i) {
    auto instance = instantiate(*store, compiled, {}, "");
    ASSERT_FALSE(instance.has_value());
    EXPECT_EQ(std::get<Trap>(instance.error()).code, TrapCode::out_of_bounds_memory);
  }
  EXPECT_FALSE(has_images(*compiled));
}

TEST_F(DataImagesTest, an_empty_segment_out_of_bounds_traps) {
  builder.active_data(4 * page + 1, "");
  const auto compiled = builder.compile(types);
  EXPECT_FALSE(has_images(*compiled));
  EXPECT_FALSE(instantiate(*store, compiled, {}, "").has_value());
}

TEST_F(DataImagesTest, a_failed_element_segment_leaves_the_memory_untouched) {
  builder.func(builder.func_type({}));
  builder.module.tables.push_back({{.element = syntax::funcref, .limits = {1, {}}}, {}});
  builder.active_elem(1, {syntax::FuncIdx(0u)});
  const auto compiled = builder.compile(types);
  for (int i = 0; i < 3; ++i) {
    auto instance = instantiate(*store, compiled, {}, "");
    ASSERT_FALSE(instance.has_value());
    EXPECT_EQ(std::get<Trap>(instance.error()).code, TrapCode::out_of_bounds_table);
  }
}

TEST_F(DataImagesTest, segments_far_apart_or_small_are_copied) {
  ModuleBuilder small;
  small.module.memories.push_back({.limits_pages = {1, {}}});
  small.active_data(0, "abc");
  EXPECT_FALSE(has_images(*small.compile(types)));
  ModuleBuilder sparse;
  sparse.module.memories.push_back({.limits_pages = {1000, {}}});
  sparse.active_data(0, text);
  sparse.active_data(999 * page, text.substr(0, page));
  EXPECT_FALSE(has_images(*sparse.compile(types)));
}

TEST_F(DataImagesTest, imported_memories_are_written_to) {
  ModuleBuilder other;
  const syntax::MemoryType type{.limits_pages = {4, 5}};
  other.import("env", "memory", type);
  other.active_data(0, text);
  const auto compiled = other.compile(types);
  EXPECT_FALSE(has_images(*compiled));
  Memory* memory = *store->add_memory(type);
  memory->base()[3 * page] = 'k';
  const Extern imports[] = {memory};
  ASSERT_TRUE(instantiate(*store, compiled, imports, "").has_value());
  EXPECT_EQ(memory->base()[3 * page], 'k');
  EXPECT_EQ(memory->base()[2 * page - 1], 'x');
}

}  // namespace
}  // namespace waxwing::runtime
