// Memories whose bytes the embedder gives: in a buffer, refused, and wrong.
#include "waxwing/memory_allocator.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "api_case.h"

namespace waxwing {
namespace {

/// Gives blocks of vectors that are full of rubbish, and notes all that it is asked.
class Pool : public MemoryAllocator {
 public:
  std::optional<Block> allocate(const Request& request) noexcept override {
    ++allocated;
    last = request;
    if (is_empty) return std::nullopt;
    const uint64_t reserved = std::min(request.max_bytes, std::max(request.min_bytes, room));
    std::vector<uint8_t>& bytes = blocks[next_id];
    bytes.assign(reserved + 16 + 64, 0xab);
    auto* const base = bytes.data() + 16 - reinterpret_cast<uintptr_t>(bytes.data()) % 16;
    Block block{.base = base, .reserved_bytes = reserved, .data = reinterpret_cast<void*>(next_id)};
    ++next_id;
    if (spoil) spoil(block);
    return block;
  }
  bool grow(const Block& block, uint64_t old_bytes, uint64_t new_bytes) noexcept override {
    EXPECT_LT(old_bytes, new_bytes);
    EXPECT_LE(new_bytes, block.reserved_bytes);
    growth.push_back(new_bytes - old_bytes);
    return new_bytes <= most;
  }
  void release(const Block& block) noexcept override {
    ++released;
    EXPECT_EQ(blocks.erase(reinterpret_cast<uintptr_t>(block.data)), 1u);
  }

  bool is_empty = false;
  uint64_t room = 10 << 16;
  uint64_t most = UINT64_MAX;
  std::function<void(Block&)> spoil;
  Request last;
  int allocated = 0;
  int released = 0;
  std::vector<uint64_t> growth;
  uintptr_t next_id = 1;
  std::map<uintptr_t, std::vector<uint8_t>> blocks;
};

class Allocators : public testing::TestWithParam<Tier> {
 protected:
  std::shared_ptr<Pool> pool = std::make_shared<Pool>();
  Engine engine{Config{.tier = GetParam(), .memory_allocator = pool}};
  std::optional<Store> store = require(Store::create(engine));
  Linker linker;

  Instance instantiate(std::string_view wat) {
    return require(linker.instantiate(*store, compile(engine, wat)));
  }
  Result<Instance> try_instantiate(std::string_view wat) {
    return linker.instantiate(*store, compile(engine, wat));
  }
};
INSTANTIATE_TEST_SUITE_P(in, Allocators, all_tiers, tier_name);

constexpr const char* two_memories = R"((module
  (memory $first (export "first") 1 100)
  (memory $second (export "second") 2 3)
  (data (memory $first) (i32.const 65530) "begin")
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "load_far") (param i32) (result i32) (i32.load offset=65536 (local.get 0)))
  (func (export "load_second") (param i32) (result i32) (i32.load $second (local.get 0)))
  (func (export "store") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))";

TEST_P(Allocators, give_blocks_in_which_memories_grow) {
  const Instance instance = instantiate(two_memories);
  EXPECT_EQ(pool->allocated, 2);
  EXPECT_EQ(pool->last.min_bytes, 2u << 16);
  EXPECT_EQ(pool->last.max_bytes, 3u << 16);
  const Memory memory = require(instance.memory("first"));
  const std::vector<uint8_t>& bytes = pool->blocks[1];
  EXPECT_GE(memory.all().data(), bytes.data());
  EXPECT_LE(memory.all().data() + (10 << 16), bytes.data() + bytes.size());
  EXPECT_EQ(require(memory.read_string(65530, 5)), "begin");
  const auto load = require(instance.func<int32_t(int32_t)>("load"));
  const auto load_far = require(instance.func<int32_t(int32_t)>("load_far"));
  const auto store_at = require(instance.func<void(int32_t, int64_t)>("store"));
  const auto fill = require(instance.func<void(int32_t, int32_t)>("fill"));
  const auto grow = require(instance.func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(require(load(0)), 0);  // and no rubbish
  EXPECT_EQ(require(require(instance.func<int32_t(int32_t)>("load_second"))(131068)), 0);
  for (const int32_t address : {65533, 65536, 1 << 20, -1, -4}) {
    const auto result = load(address);
    ASSERT_FALSE(result) << address;
    EXPECT_EQ(result.error().trap()->code, TrapCode::out_of_bounds_memory);
    EXPECT_FALSE(store_at(address - 4, 1)) << address;
  }
  EXPECT_FALSE(load_far(0));
  EXPECT_FALSE(fill(65536, 1));
  EXPECT_EQ(bytes[16 + (1 << 16)], 0xab);  // the next byte was not touched

  const uint8_t* const base = memory.all().data();
  EXPECT_EQ(require(grow(3)), 1);
  EXPECT_EQ(pool->growth, (std::vector<uint64_t>{3u << 16}));
  EXPECT_EQ(memory.all().data(), base);
  EXPECT_EQ(require(load(65536)), 0);
  require(store_at(4 * 65536 - 8, -1));
  EXPECT_EQ(require(load_far(3 * 65536 - 4)), -1);
  EXPECT_FALSE(load(4 * 65536));
  EXPECT_EQ(require(grow(7)), -1);  // the block is too small
  pool->most = 5 << 16;
  EXPECT_EQ(require(grow(2)), -1);
  EXPECT_EQ(require(grow(1)), 4);
  EXPECT_EQ(store->memory_bytes(), 7u << 16);
  EXPECT_EQ(pool->released, 0);
  store.reset();
  EXPECT_EQ(pool->released, 2);
  EXPECT_TRUE(pool->blocks.empty());
}

TEST_P(Allocators, of_which_nothing_is_had_or_nothing_good_are_errors) {
  const auto fails = [&](ErrorCode code, std::string_view text) {
    const auto made = try_instantiate("(module (memory 1 4))");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), code) << made.error().message();
    EXPECT_NE(made.error().message().find(text), std::string::npos) << made.error().message();
    EXPECT_EQ(Memory::create(*store, {.min_pages = 1}).error().code(), code);
    EXPECT_EQ(store->memory_bytes(), 0u);
    EXPECT_TRUE(pool->blocks.empty());
  };
  pool->is_empty = true;
  fails(ErrorCode::out_of_memory, "no memory of 65536 bytes");
  EXPECT_EQ(pool->released, 0);
  pool->is_empty = false;
  pool->spoil = [](MemoryAllocator::Block& block) { block.base = nullptr; };
  fails(ErrorCode::invalid_argument, "a null pointer");
  pool->spoil = [](MemoryAllocator::Block& block) { block.base += 8; };
  fails(ErrorCode::invalid_argument, "no multiple of 16");
  pool->spoil = [](MemoryAllocator::Block& block) { block.reserved_bytes = 65535; };
  fails(ErrorCode::invalid_argument, "65535 bytes for a memory of 65536");
  pool->spoil = [](MemoryAllocator::Block& block) { block.reserved_bytes = UINT64_MAX; };
  fails(ErrorCode::invalid_argument, "more bytes than there are addresses");
  EXPECT_EQ(pool->released, 8);
  pool->spoil = nullptr;
  require(try_instantiate("(module (memory 1 4))"));
}

TEST_P(Allocators, serve_memories_of_any_kind) {
  require(Memory::create(*store, {.min_pages = 0, .max_pages = 0}));
  const Memory bytes = require(Memory::create(*store, {.min_pages = 3, .page_size_log2 = 0}));
  EXPECT_EQ(bytes.size_bytes(), 3u);
  require(bytes.grow(1));
  EXPECT_FALSE(bytes.read<uint64_t>(0));
  const Memory large =
      require(Memory::create(*store, {.min_pages = 1, .max_pages = 1 << 20, .is_64 = true}));
  EXPECT_EQ(require(large.grow(1)), 1u);
  const Memory shared =
      require(Memory::create(*store, {.min_pages = 1, .max_pages = 2, .is_shared = true}));
  EXPECT_TRUE(pool->last.is_shared);
  require(linker.define("env", "shared", shared));
  const Instance instance = instantiate(R"((module
    (import "env" "shared" (memory 1 2 shared))
    (func (export "add") (result i32) (i32.atomic.rmw.add (i32.const 65532) (i32.const 5)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))");
  const auto add = require(instance.func<int32_t()>("add"));
  require(add());
  EXPECT_EQ(require(require(instance.func<int32_t()>("grow"))()), 1);
  EXPECT_EQ(require(add()), 5);
}

TEST_P(Allocators, serve_instances_that_are_copied) {
  const std::string wat = R"((module (memory (export "memory") 3 5)
    (data (i32.const 10) ")" +
                          std::string(100'000, 'x') + R"(")
    (func (export "write") (i32.store (i32.const 150000) (i32.const 42))
      (drop (memory.grow (i32.const 1))) (i32.store (i32.const 200000) (i32.const 43)))))";
  const Module module = compile(engine, wat);
  for (int i = 0; i < 3; ++i) {  // from the second instance on there may be an image of the data
    const Instance instance = require(linker.instantiate(*store, module));
    const Memory memory = require(instance.memory());
    EXPECT_EQ(require(memory.read_string(100'000, 12)), "xxxxxxxxxx" + std::string(2, '\0'));
    require(require(instance.func<void()>("write"))());
    const Snapshot snapshot = require(instance.snapshot());
    const Instance copy = require(linker.instantiate(*store, snapshot));
    const Memory other = require(copy.memory());
    EXPECT_EQ(other.size_pages(), 4u);
    EXPECT_TRUE(std::ranges::equal(memory.all(), other.all()));
    EXPECT_NE(other.all().data(), memory.all().data());
    require(other.write<uint32_t>(150'000, 1));
    EXPECT_EQ(require(memory.read<uint32_t>(150'000)), 42u);
  }
  store.reset();
  EXPECT_EQ(pool->allocated, 6);
  EXPECT_EQ(pool->released, 6);
}

TEST_P(Allocators, outlive_what_they_serve) {
  std::weak_ptr<Pool> watched = pool;
  Pool* const raw = pool.get();
  {
    Engine other{Config{.tier = GetParam(), .memory_allocator = std::exchange(pool, nullptr)}};
    engine = other;
  }
  store = require(Store::create(engine));
  engine = Engine();
  const Memory memory = require(Memory::create(*store, {.min_pages = 1}));
  EXPECT_EQ(raw->blocks.size(), 1u);
  EXPECT_FALSE(watched.expired());
  require(store->close());
  EXPECT_EQ(raw->released, 1);
}

#if defined(__x86_64__)
TEST(allocators, do_not_go_with_code_that_needs_guards) {
  const auto pool = std::make_shared<Pool>();
  const Engine engine(
      Config{.tier = Tier::baseline, .bounds = Bounds::guard, .memory_allocator = pool});
  Store store = require(Store::create(engine));
  const auto made = Linker().instantiate(
      store, compile(engine, "(module (memory 1) (func (drop (i32.load (i32.const 0)))))"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::unsupported);
  EXPECT_NE(made.error().message().find("explicit"), std::string::npos);
  EXPECT_EQ(pool->released, 1);
}
#endif

TEST_P(Allocators, may_give_bases_that_some_host_types_cannot_use) {
  struct alignas(64) Wide {
    uint8_t bytes[64];
  };
  pool->spoil = [](MemoryAllocator::Block& block) {
    while (reinterpret_cast<uintptr_t>(block.base) % 64 != 16) block.base += 16;
    block.reserved_bytes -= 64;
  };
  pool->room = 2 << 16;
  require(linker.func("env", "take", [](GuestPtr<Wide>) {}));
  require(linker.func("env", "word", [](GuestPtr<uint64_t>) {}));
  const Instance instance = instantiate(R"((module
    (import "env" "take" (func $take (param i32)))
    (import "env" "word" (func $word (param i32)))
    (memory 1 2)
    (func (export "take") (call $take (i32.const 64)))
    (func (export "word") (call $word (i32.const 64)))))");
  EXPECT_FALSE(require(instance.func<void()>("take"))());
  EXPECT_TRUE(require(instance.func<void()>("word"))());
}

}  // namespace
}  // namespace waxwing
