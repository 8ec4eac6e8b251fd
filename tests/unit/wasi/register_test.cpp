#include "wasi/register.h"

#include "guest.h"
#include "wasi/marshal.h"

namespace waxwing::wasi {
namespace {

TEST(register_functions, all_46_are_there_under_both_names) {
  Guest guest{ContextConfig()};
  runtime::Linker linker;
  std::shared_ptr<Context> context = std::move(*Context::create({}));
  ASSERT_TRUE(add_to_linker(linker, guest.store(), context));
  int count = 0;
#define FUNCTION(ID, TYPE)                                 \
  EXPECT_TRUE(linker.find("wasi_snapshot_preview1", #ID)); \
  EXPECT_TRUE(linker.find("wasi_unstable", #ID));          \
  ++count;
#include "wasi/functions.def"
  EXPECT_EQ(count, 46);
  const auto seek = [&](const char* module) {
    return std::get<runtime::Func*>(*linker.find(module, "fd_seek"));
  };
  EXPECT_EQ(to_string(guest.store().types().func_type(seek("wasi_unstable")->type_id())),
            "(param i32 i64 i32 i32) (result i32)");
  EXPECT_NE(seek("wasi_unstable")->host(), seek("wasi_snapshot_preview1")->host());
  EXPECT_FALSE(add_to_linker(linker, guest.store(), context)) << "the names are taken";
}

TEST(register_functions, a_caller_without_memory_is_at_fault) {
  Guest guest{ContextConfig()};
  runtime::Caller caller{guest.store(), nullptr};
  runtime::Slot slots[4] = {0, 0, 0, 0};
  EXPECT_EQ(Marshalled<&fd_tell>::call(&guest.context(), caller, slots),
            runtime::Outcome::returned);
  EXPECT_EQ(slots[0], uint64_t(Errno::fault));
  slots[0] = 77;
  EXPECT_EQ(Marshalled<&fd_close>::call(&guest.context(), caller, slots),
            runtime::Outcome::returned);
  EXPECT_EQ(slots[0], uint64_t(Errno::badf));
  slots[0] = 3;
  EXPECT_EQ(Marshalled<&proc_exit>::call(&guest.context(), caller, slots),
            runtime::Outcome::trapped);
}

TEST(layouts, are_the_standards) {
  uint8_t bytes[64];
  uint8_t* const target = bytes;
  const platform::FileStat stat{.device = 1,
                                .inode = 2,
                                .kind = platform::FileKind::regular_file,
                                .link_count = 3,
                                .size_bytes = 4,
                                .access_time_ns = 5,
                                .modify_time_ns = 6,
                                .change_time_ns = 7};
  ResultLayout<platform::FileStat>::put(&target, stat);
  for (uint64_t i = 0; i < 8; ++i) {
    const uint64_t expected[] = {1, 2, 4, 3, 4, 5, 6, 7};
    EXPECT_EQ(base::load_le<uint64_t>(bytes + 8 * i), expected[i]) << i;
  }
  ResultLayout<FileStat0>::put(&target, FileStat0{stat});
  for (uint64_t i = 0; i < 7; ++i) {
    const uint64_t expected[] = {1, 2, 4 | uint64_t(3) << 32, 4, 5, 6, 7};
    EXPECT_EQ(base::load_le<uint64_t>(bytes + 8 * i), expected[i]) << i;
  }
  ResultLayout<FdStat>::put(&target, {.type = FileType::directory,
                                      .flags = fd_flags::nonblock,
                                      .rights_base = 8,
                                      .rights_inheriting = 9});
  EXPECT_EQ(base::load_le<uint64_t>(bytes), 3u | 4u << 16);
  EXPECT_EQ(base::load_le<uint64_t>(bytes + 8), 8u);
  EXPECT_EQ(base::load_le<uint64_t>(bytes + 16), 9u);
  ResultLayout<Prestat>::put(&target, {.name_length = 5});
  EXPECT_EQ(base::load_le<uint64_t>(bytes), uint64_t(5) << 32);
}

}  // namespace
}  // namespace waxwing::wasi
