// Pooled instances: nothing that a user does is seen by the next one.
#include "engine/instance_pool.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "runtime/value.h"
#include "text/assembler.h"

namespace waxwing::engine {
namespace {

using runtime::Instance;
using runtime::Store;
using syntax::TrapCode;

constexpr uint64_t page = 65536;

class InstancePoolTest : public testing::TestWithParam<Tier> {
 public:
  InstancePoolTest() : engine({.tier = GetParam()}) {}

  void open(const std::string& fields, ImportSource* imports = nullptr, PoolOptions options = {}) {
    auto bytes = text::assemble("(module " + fields + ")");
    ASSERT_TRUE(bytes) << bytes.error().message();
    auto compiled = engine.compile(*std::move(bytes));
    ASSERT_TRUE(compiled) << compiled.error().message();
    pool.emplace(engine, *compiled, imports, options);
  }
  PooledInstance take() {
    auto taken = pool->take();
    if (!taken) {
      ADD_FAILURE() << "no instance";
      std::abort();
    }
    return *std::move(taken);
  }
  /// Calls an export without parameters: its i32, or -1 where it has none, or the trap.
  static std::expected<int64_t, TrapCode> call(const PooledInstance& at, const char* name) {
    const auto found = at.instance().find_export(name);
    if (!found) return std::unexpected(TrapCode::host_error);
    auto results = runtime::call(at.store(), *std::get<runtime::Func*>(*found), {});
    if (results) return results->empty() ? -1 : int64_t(uint32_t(results->at(0).slots[0]));
    const auto* trap = std::get_if<runtime::Trap>(&results.error());
    return std::unexpected(trap ? trap->code : TrapCode::host_error);
  }

  Engine engine;
  std::optional<InstancePool> pool;
};

/// Memories of each size that is reset in another way: begun with `text` at 100 and at their end.
class PooledMemory : public InstancePoolTest {
 public:
  void check_all() {
    check(1, 3000);
    check(5, 3000);
    check(17, 1u << 20);
    check(70, 3000);
    check(80, 9u << 19);
  }

  void check(uint64_t pages, uint64_t text_bytes) {
    const std::string text(text_bytes, 'x');
    open("(memory " + std::to_string(pages) + " " + std::to_string(pages + 2) +
         ") (data (i32.const 100) \"" + text + "\") (data (i32.const " +
         std::to_string(pages * page - 3) + ") \"end\")");
    std::string expected(pages * page, '\0');
    expected.replace(100, text.size(), text);
    expected.replace(expected.size() - 3, 3, "end");
    EXPECT_TRUE(pool->can_reset());
    for (int round = 0; round < 5; ++round) {
      const PooledInstance at = take();
      runtime::Memory& memory = *at.instance().data.memory0;
      ASSERT_EQ(memory.size_bytes(), expected.size());
      ASSERT_EQ(std::memcmp(memory.base(), expected.data(), expected.size()), 0) << round;
      // Reads bring pages of the image, or zeros, that are not the instance's own.
      if (round == 1) continue;
      if (before_use) before_use(memory);
      if (round == 2) {
        for (uint64_t i = 0; i < memory.size_bytes(); i += 3 * page + 4096) memory.base()[i] = 7;
        continue;
      }
      ASSERT_EQ(memory.grow(2), int64_t(pages));
      EXPECT_EQ(memory.base()[expected.size()], 0);
      EXPECT_EQ(memory.base()[expected.size() + 2 * page - 1], 0);
      std::memset(memory.base(), 'w', memory.size_bytes());
      EXPECT_EQ(memory.grow(1), -1);
    }
    EXPECT_EQ(pool->free_count(), is_reset ? 1u : 0u);
  }

  std::function<void(runtime::Memory&)> before_use;
  bool is_reset = true;  // after the last use
};

TEST_P(PooledMemory, is_as_new_where_all_is_copied) { check(1, 3000); }
TEST_P(PooledMemory, is_as_new_where_changed_pages_are_copied) { check(5, 3000); }
TEST_P(PooledMemory, is_as_new_where_an_image_is_mapped) { check(17, 1u << 20); }
TEST_P(PooledMemory, is_as_new_where_pages_are_given_back) { check(70, 3000); }
TEST_P(PooledMemory, is_as_new_where_a_large_image_is_mapped) { check(80, 9u << 19); }

/// Runs `body` in a child of fork, where it may take rights from the process.
template <typename Body>
void check_in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_P(PooledMemory, is_as_new_where_its_user_locked_pages) {
  const auto lock = [](runtime::Memory& memory) {
    // Some of them: with the rest the memory is many mappings. By number, since the sanitizers make
    // libc's function do nothing.
    for (uint64_t at = 0; at < memory.size_bytes(); at += 5 * page) {
      if (::syscall(SYS_mlock, memory.base() + at, page) != 0) return false;
    }
    return true;
  };
  open("(memory 5)");
  if (!lock(*take().instance().data.memory0)) GTEST_SKIP() << "the host locks no memory";
  before_use = lock;
  check(1, 3000);
  check(5, 3000);
  check(17, 1u << 20);
  // Their pages cannot be given back: these instances are made anew.
  is_reset = false;
  check(70, 3000);
  check(80, 9u << 19);
}

TEST_P(PooledMemory, is_as_new_where_all_memory_of_the_process_is_locked) {
  check_in_child([&] {
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return;
    check(1, 3000);
    check(5, 3000);
    check(17, 1u << 20);
  });
}

TEST_P(PooledMemory, is_as_new_where_its_pages_were_swapped_out) {
  before_use = [](runtime::Memory& memory) {
    std::memset(memory.base(), 's', memory.size_bytes());
    ::madvise(memory.base(), memory.size_bytes(), MADV_PAGEOUT);  // where there is swap space
  };
  check_all();
}

TEST_P(PooledMemory, is_as_new_where_the_page_map_is_root_s) {
  check_in_child([&] {
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0 && ::setresuid(nobody, nobody, nobody) != 0) return;
    // What must not be dumped has files in /proc that are root's.
    ASSERT_EQ(::prctl(PR_SET_DUMPABLE, 0), 0);
    ASSERT_LT(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), 0);
    check_all();
  });
}

TEST_P(PooledMemory, is_as_new_where_the_page_map_cannot_be_opened_again) {
  open("(memory 5) (data (i32.const 70000) \"x\")");
  {
    const PooledInstance at = take();
    std::memset(at.instance().data.memory0->base(), 1, 5 * page);
  }
  check_in_child([&] {
    const rlimit none{0, 0};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const Store* first = nullptr;
    for (int round = 0; round < 3; ++round) {
      const PooledInstance at = take();
      if (!first) first = &at.store();
      EXPECT_EQ(&at.store(), first) << "pages can be given back without it";
      uint8_t* const bytes = at.instance().data.memory0->base();
      EXPECT_EQ(bytes[70000], 'x');
      EXPECT_EQ(std::count(bytes, bytes + 5 * page, 0), int64_t(5 * page - 1));
      std::memset(bytes, 7, 5 * page);
    }
  });
  EXPECT_EQ(take().instance().data.memory0->base()[70000], 'x');
}

TEST_P(InstancePoolTest, all_that_a_guest_can_change_is_as_new) {
  open(
      R"((memory 1) (table $t 2 10 funcref) (table $x 1 externref) (global $g (mut i32) (i32.const 7))
    (global $r (mut funcref) (ref.func $one))
    (elem $passive func $one $two) (elem (table $t) (i32.const 0) func $one) (data $d "abc")
    (tag $e) (type $s (struct (field i32)))
    (global $object (mut (ref null $s)) (ref.null $s))
    (func $one (export "one") (result i32) i32.const 1) (func $two (result i32) i32.const 2)
    (func (export "change")
      (table.set $t (i32.const 0) (ref.func $two)) (table.set $t (i32.const 1) (ref.func $two))
      (drop (table.grow $t (ref.func $two) (i32.const 5)))
      (global.set $g (i32.const 8)) (global.set $r (ref.null func))
      (global.set $object (struct.new $s (i32.const 5)))
      (elem.drop $passive) (data.drop $d) (drop (memory.grow (i32.const 1)))
      (i32.store (i32.const 65536) (i32.const 3)))
    (func (export "throws") (throw $e))
    (func (export "traps") (drop (i32.load (i32.const -1))))
    (func $deep (export "deep") (call $deep))
    (func (export "state") (result i32) (local $sum i32)
      (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))
      (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 1))
      (i32.add (i32.add (global.get $g) (table.size $t)) (i32.add (memory.size)
        (i32.add (ref.is_null (table.get $t (i32.const 1)))
          (i32.add (ref.is_null (global.get $r)) (ref.is_null (global.get $object))))))
      (i32.add (call_indirect $t (result i32) (i32.const 0)))))");
  ASSERT_TRUE(pool->can_reset());
  const Store* first = nullptr;
  for (int round = 0; round < 6; ++round) {
    const PooledInstance at = take();
    if (!first) first = &at.store();
    EXPECT_EQ(&at.store(), first) << "it is used again";
    EXPECT_FALSE(at.store().heap().is_used());
    EXPECT_FALSE(at.store().has_trap());
    EXPECT_EQ(at.store().pending_exception, nullptr);
    ASSERT_EQ(call(at, "state"), 7 + 2 + 1 + 1 + 0 + 1 + 1);
    if (round == 0) continue;
    ASSERT_EQ(call(at, "change"), -1);
    EXPECT_NE(call(at, "state"), 13);
    if (round == 2) {
      EXPECT_EQ(call(at, "throws").error(), TrapCode::uncaught_exception);
    }
    if (round == 3) {
      EXPECT_EQ(call(at, "traps").error(), TrapCode::out_of_bounds_memory);
    }
    if (round == 4) {
      EXPECT_EQ(call(at, "deep").error(), TrapCode::call_stack_exhausted);
    }
    // The next call, which is the next user's then.
    if (round == 5) at.store().interrupt(at.store().current_call(), TrapCode::interrupted);
  }
  EXPECT_EQ(call(take(), "state"), 13);
}

TEST_P(InstancePoolTest, a_late_interruption_does_not_reach_the_next_user) {
  open("(memory 1) (func (export \"f\"))");
  uint64_t number = 0;
  {
    const PooledInstance at = take();
    number = at.store().current_call();
  }
  const PooledInstance at = take();
  at.store().interrupt(number, TrapCode::interrupted);
  EXPECT_EQ(call(at, "f"), -1);
}

TEST_P(InstancePoolTest, what_cannot_be_reset_is_made_anew) {
  open(R"((memory 1) (global $g (mut i32) (i32.const 0)) (start $s)
    (func $s (global.set $g (i32.add (global.get $g) (i32.const 1))))
    (func (export "g") (result i32) (global.get $g) (global.set $g (i32.const 9))))");
  EXPECT_FALSE(pool->can_reset());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(take(), "g"), 1);
  EXPECT_EQ(pool->free_count(), 0u);
  open(R"((type $s (struct (field (mut i32)))) (global $g (ref $s) (struct.new $s (i32.const 3)))
    (func (export "g") (result i32) (struct.get $s 0 (global.get $g))
      (struct.set $s 0 (global.get $g) (i32.const 4))))");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(take(), "g"), 3);
}

/// Gives one memory of the host's to each store.
class HostMemory : public ImportSource {
 public:
  base::Result<std::vector<runtime::Extern>> make(Store& store) override {
    ++made;
    return std::vector<runtime::Extern>{TRY(store.add_memory({.limits_pages = {1, {}}}))};
  }
  int made = 0;
};

TEST_P(InstancePoolTest, imported_memories_are_made_anew) {
  HostMemory imports;
  open("(import \"a\" \"b\" (memory 1)) (data (i32.const 0) \"a\")", &imports);
  for (int i = 1; i < 4; ++i) {
    const PooledInstance at = take();
    EXPECT_EQ(imports.made, i);
    EXPECT_EQ(at.instance().data.memory0->base()[1], 0);
    at.instance().data.memory0->base()[1] = 5;
  }
}

TEST_P(InstancePoolTest, an_instance_whose_store_the_host_added_to_is_not_used_again) {
  open("(memory 1) (global (export \"g\") (mut i32) (i32.const 1))");
  {
    const PooledInstance at = take();
    EXPECT_TRUE(at.instance().find_export("g")) << "this makes an object, which is no addition";
  }
  EXPECT_EQ(pool->free_count(), 1u);
  {
    ASSERT_TRUE(take().store().add_memory({.limits_pages = {1, {}}}));
  }
  EXPECT_EQ(pool->free_count(), 0u);
}

/// Gives each store another instance, whose state is its own, and what it exports.
class HelperInstance : public ImportSource {
 public:
  explicit HelperInstance(std::shared_ptr<const runtime::CompiledModule> compiled)
      : compiled_(std::move(compiled)) {}
  base::Result<std::vector<runtime::Extern>> make(Store& store) override {
    const auto helper = runtime::instantiate(store, compiled_, {}, {});
    if (!helper) return base::fail(base::ErrorCode::invalid_argument, "no helper");
    std::vector<runtime::Extern> imports;
    for (const syntax::Export& entry : compiled_->module.exports)
      imports.push_back((*helper)->export_at(entry));
    return imports;
  }

 private:
  std::shared_ptr<const runtime::CompiledModule> compiled_;
};

TEST_P(InstancePoolTest, what_another_instance_of_the_store_keeps_is_not_seen_by_the_next_user) {
  auto bytes = text::assemble(R"((module (type $s (struct (field i32)))
    (global $kept (mut (ref null $s)) (ref.null $s))
    (func (export "keep") (global.set $kept (struct.new $s (i32.const 5))))
    (func (export "kept") (result i32) (ref.is_null (global.get $kept)))))");
  ASSERT_TRUE(bytes);
  HelperInstance imports(*engine.compile(*std::move(bytes)));
  open(R"((import "h" "keep" (func $keep)) (import "h" "kept" (func $kept (result i32)))
    (func (export "keep") (call $keep)) (func (export "kept") (result i32) (call $kept)))",
       &imports);
  for (int i = 0; i < 3; ++i) {
    const PooledInstance at = take();
    ASSERT_EQ(call(at, "kept"), 1) << "a reference to an object that is gone";
    ASSERT_EQ(call(at, "keep"), -1);
  }
}

/// How many bytes of [begin, end) are in memory.
uint64_t resident_bytes(const uint8_t* begin, const uint8_t* end) {
  std::vector<unsigned char> pages((size_t(end - begin) + 4095) / 4096);
  if (::mincore(const_cast<uint8_t*>(begin), size_t(end - begin), pages.data()) != 0) return 0;
  return uint64_t(std::ranges::count_if(pages, [](unsigned char in) { return (in & 1) != 0; })) *
         4096;
}

/// What the stacks of instances without a user keep in memory, after 8 users that recursed without
/// end.
class PooledStacks : public InstancePoolTest {
 public:
  std::vector<uint64_t> resident_after(const PoolOptions& options) {
    open("(func $deep (export \"deep\") (call $deep))", nullptr, options);
    std::vector<Store*> stores;
    {
      std::vector<PooledInstance> taken;
      for (int i = 0; i < 8; ++i) {
        taken.push_back(take());
        stores.push_back(&taken.back().store());
        EXPECT_EQ(call(taken.back(), "deep").error(), TrapCode::call_stack_exhausted);
      }
    }
    EXPECT_EQ(pool->free_count(), 8u);
    std::vector<uint64_t> resident;
    for (Store* store : stores) {
      uint64_t bytes = resident_bytes(reinterpret_cast<const uint8_t*>(store->stack().base),
                                      reinterpret_cast<const uint8_t*>(store->stack().end));
      const runtime::WasmStack& stack = store->wasm_stack();
      if (stack.low) bytes += resident_bytes(stack.low, stack.high);
      resident.push_back(bytes);
    }
    return resident;
  }
};

TEST_P(PooledStacks, are_within_the_limit) {
  constexpr uint64_t most = 4 << 20;
  uint64_t sum = 0;
  for (const uint64_t bytes :
       resident_after({.max_instances = 20, .max_resident_bytes = most, .store = {}}))
    sum += bytes;
  EXPECT_LE(sum, most);
}

TEST_P(PooledStacks, stay_where_they_were_used_last) {
  const auto resident = resident_after(
      {.max_instances = 20, .max_resident_bytes = 16 << 20, .store = {.max_stack_bytes = 1 << 20}});
  constexpr auto is_large = [](uint64_t bytes) { return bytes > 512 << 10; };
  EXPECT_EQ(std::ranges::count_if(resident, is_large), 2);
  // Instances are given back in the order in which they were taken.
  EXPECT_TRUE(is_large(resident[6]) && is_large(resident[7]));
}

TEST_P(InstancePoolTest, limits_hold) {
  open("(memory 1)", nullptr, {.max_instances = 2, .max_resident_bytes = 300'000, .store = {}});
  {
    const PooledInstance a = take();
    const PooledInstance b = take();
    const auto third = pool->take();
    ASSERT_FALSE(third);
    EXPECT_EQ(std::get<base::Error>(third.error()).code, base::ErrorCode::resource_limit);
  }
  EXPECT_EQ(pool->free_count(), 1u) << "two would keep too much in memory";
}

TEST_P(InstancePoolTest, threads_take_and_give) {
  open(R"((memory 5) (data (i32.const 70000) "x")
    (func (export "f") (result i32) (i32.load8_u (i32.const 70000))
      (i32.store8 (i32.const 70000) (i32.const 1)) (i32.store8 (i32.const 9) (i32.const 1))
      (i32.add (i32.load8_u (i32.const 300000))) (i32.store8 (i32.const 300000) (i32.const 1))))");
  std::atomic<int> wrong = 0;
  const auto work = [&] {
    for (int i = 0; i < 500; ++i) {
      const PooledInstance at = take();
      if (at.instance().data.memory0->base()[9] != 0 || call(at, "f") != 'x') ++wrong;
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(pool->free_count(), 2u);
}

TEST_P(InstancePoolTest, a_child_of_fork_resets_its_own_pages) {
  open("(memory 5) (data (i32.const 70000) \"x\")");
  // The parent's pages are not written; the child's are.
  {
    const PooledInstance at = take();
  }
  const pid_t child = ::fork();
  if (child == 0) {
    for (int i = 0; i < 3; ++i) {
      const PooledInstance at = take();
      uint8_t* const bytes = at.instance().data.memory0->base();
      if (bytes[200000] != 0 || bytes[70000] != 'x') ::_exit(1);
      bytes[200000] = 1;
      bytes[70000] = 2;
    }
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(take().instance().data.memory0->base()[200000], 0);
}

std::string name_of(const testing::TestParamInfo<Tier>& info) {
  return info.param == Tier::interpreter ? "interpreter" : "baseline";
}
#if defined(__x86_64__)
const auto tiers = testing::Values(Tier::interpreter, Tier::baseline);
#else
const auto tiers = testing::Values(Tier::interpreter);
#endif
INSTANTIATE_TEST_SUITE_P(tiers, InstancePoolTest, tiers, name_of);
INSTANTIATE_TEST_SUITE_P(tiers, PooledMemory, tiers, name_of);
INSTANTIATE_TEST_SUITE_P(tiers, PooledStacks, tiers, name_of);

}  // namespace
}  // namespace waxwing::engine
