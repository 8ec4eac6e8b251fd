// What a first start does only once, though it tries more than one way to run a module.
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

#include "cache_world.h"
#include "runtime/memory.h"
#include "syntax/limits.h"

namespace waxwing::engine {
namespace {

TEST(work, a_module_beyond_a_limit_is_decoded_once) {
  std::string text = "(module (func (local";
  for (uint32_t i = 0; i <= syntax::max_locals; ++i) text += " i32";
  const Bytes bytes = assembled(text + ")))");
  EventLog log;
  const auto cache = cache_over(nullptr, {.on_event = log.listener()});
  const auto compiled = engine_with(cache).compile(bytes);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, base::ErrorCode::implementation_limit);
  EXPECT_EQ(log.misses(), "absent") << "of machine code, and of nothing for the interpreter";
}

/// Leaves this process address space for one memory with a guard, and not for two.
void take_address_space() {
  uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t bytes = pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) + (uint64_t{6} << 30);
  const rlimit limit{bytes, bytes};
  EXPECT_EQ(::setrlimit(RLIMIT_AS, &limit), 0);
  EXPECT_TRUE(runtime::Memory::can_guard(1));
  EXPECT_FALSE(runtime::Memory::can_guard(2));
}

TEST(work, memories_without_room_for_guards_are_found_before_code_is_made) {
  const Bytes bytes = assembled(R"((module (memory 1 1) (memory $other 1 1)
    (data (memory $other) (i32.const 65535) "\07")
    (func (export "run") (result i32) (i32.load8_u $other (i32.const 65535)))
    (func (export "fault") (result i32) (i32.load8_u $other (i32.const 65536)))))");
  cache::Child child([&] {
    take_address_space();
    for (const Tier tier : {Tier::automatic, Tier::baseline}) {
      DirectoryCache directory;
      const auto cache = directory.open();
      EXPECT_EQ(run(engine_with(cache, tier), bytes), "7");
      EXPECT_EQ(run(engine_with(cache, tier), bytes, "fault"), "out of bounds memory access");
      EXPECT_EQ(cache->stats().compiled, 1U);
      EXPECT_EQ(cache->stats().stored, 1U);
      const auto compiled = engine_with(cache, tier).compile(bytes);
      EXPECT_TRUE(compiled && (*compiled)->loaded->native) << "it is not interpreted";
    }
  });
  EXPECT_EQ(child.wait(), 0);
}

}  // namespace
}  // namespace waxwing::engine
