// WASI's calls in words, with guests that lie about their memory.
#include "wasi/call_text.h"

#include "guest.h"

namespace waxwing::wasi {
namespace {

TEST(call_text, knows_every_function_and_no_other) {
#define FUNCTION(ID, TYPE)                             \
  EXPECT_TRUE(is_wasi("wasi_snapshot_preview1", #ID)); \
  EXPECT_TRUE(is_wasi("wasi_unstable", #ID));          \
  EXPECT_FALSE(is_wasi("env", #ID));
#include "wasi/functions.def"
  EXPECT_FALSE(is_wasi("wasi_snapshot_preview1", "fd_fly"));
}

TEST(call_text, without_a_memory_shows_what_was_said) {
  const runtime::Slot args[] = {1, 0xfffffff8, 0xffffffff, 0xffffffff};
  const CallView write{
      .module = "wasi_snapshot_preview1", .function = "fd_write", .args = args, .memory = {}};
  EXPECT_EQ(call_text(write), "fd_write(fd=1, iovs=[out of bounds: 0xfffffff8])");
  EXPECT_EQ(result_text(write, 0), "0 (success) nwritten=?");
  EXPECT_EQ(result_text(write, 21), "21 (fault)");
  EXPECT_EQ(result_text(write, 1), "1 (2big)");
  EXPECT_EQ(result_text(write, 77), "77");
  EXPECT_EQ(result_text(write, 0xffffffffffffffff), "4294967295");
}

TEST(call_text, has_numbers_by_name_where_they_have_one) {
  const runtime::Slot seek[] = {0xabc00000005, static_cast<runtime::Slot>(-7), 0, 8};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "fd_seek", seek, {}}),
            "fd_seek(fd=5, offset=-7, whence=set)");
  EXPECT_EQ(call_text({"wasi_unstable", "fd_seek", seek, {}}),
            "fd_seek(fd=5, offset=-7, whence=cur)");
  const runtime::Slot flags[] = {3, 0x85};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "fd_fdstat_set_flags", flags, {}}),
            "fd_fdstat_set_flags(fd=3, flags=append|nonblock|0x80)");
  const runtime::Slot clock[] = {77, 0, 0};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "clock_time_get", clock, {}}),
            "clock_time_get(id=77, precision=0)");
}

TEST(call_text, may_be_given_fewer_slots_than_there_are) {
  const runtime::Slot one[] = {1};
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "fd_write", one, {}}), "fd_write(fd=1)");
  EXPECT_EQ(call_text({"wasi_snapshot_preview1", "sched_yield", {}, {}}), "sched_yield()");
}

TEST(call_text, shows_what_a_poll_waits_for_and_what_came) {
  Guest guest{ContextConfig()};
  const auto put = [&guest](uint32_t address, auto value) {
    base::store_le(guest.memory() + address, value);
  };
  using namespace layout;
  for (uint32_t i = 0; i < 10; ++i) put(1000 + i * subscription::size, uint64_t{i});
  put(1000 + subscription::clock, 1u);
  put(1000 + subscription::timeout, uint64_t{5000});
  put(1048 + subscription::tag, uint8_t{1});
  put(1048 + subscription::descriptor, 7u);
  put(1096 + subscription::clock, 9u);
  put(1096 + subscription::clock_flags, uint16_t{1});
  put(1144 + subscription::tag, uint8_t{3});
  put(1192 + subscription::clock_flags, uint16_t{6});
  const auto text = [&guest](std::string_view module, runtime::Slot in, runtime::Slot count) {
    const runtime::Slot args[] = {in, 2000, count, 3000};
    return call_text({module, "poll_oneoff", args, guest.call().memory});
  };
  EXPECT_EQ(text("wasi_snapshot_preview1", 1000, 5),
            "poll_oneoff(in=[{userdata=0x0,clock=monotonic,timeout=5000}, "
            "{userdata=0x1,fd_read=7}, {userdata=0x2,clock=9,timeout=0,abstime}, "
            "{userdata=0x3,tag=3}, {userdata=0x4,clock=realtime,timeout=0,flags=0x6}], out=0x7d0, "
            "nsubscriptions=5)");
  EXPECT_NE(text("wasi_snapshot_preview1", 1000, 0xffffffff).find(", 4294967295 in all]"),
            std::string::npos);
  EXPECT_EQ(text("wasi_snapshot_preview1", Guest::memory_size - 47, 1),
            "poll_oneoff(in=[out of bounds: 0xffd1], out=0x7d0, nsubscriptions=1)");
  EXPECT_EQ(text("wasi_snapshot_preview1", 0xfffffff0, 2).find("in=[out of bounds: 0xfffffff0]"),
            12u);
  put(1000 + subscription::clock + subscription::shift_0, 2u);
  EXPECT_EQ(text("wasi_unstable", 1000, 1),
            "poll_oneoff(in=[{userdata=0x0,clock=process_cputime_id,timeout=0,abstime}], "
            "out=0x7d0, nsubscriptions=1)")
      << "the flags lie where the next entry of preview 1 begins";

  put(3000, 2u);
  put(2000 + event::userdata, uint64_t{42});
  put(2032 + event::error, uint16_t{8});
  put(2032 + event::type, uint8_t{2});
  put(2032 + event::bytes, uint64_t{6});
  put(2032 + event::flags, uint16_t{1});
  const auto result = [&guest](runtime::Slot events, runtime::Slot count_at) {
    const runtime::Slot args[] = {1000, events, 2, count_at};
    return result_text({"wasi_snapshot_preview1", "poll_oneoff", args, guest.call().memory}, 0);
  };
  EXPECT_EQ(result(2000, 3000),
            "0 (success) nevents=2 [{userdata=0x2a,clock}, "
            "{userdata=0x0,fd_write,error=8 (badf),nbytes=6,hangup}]");
  EXPECT_EQ(result(0xffffffff, 3000), "0 (success) nevents=2 [out of bounds: 0xffffffff]");
  EXPECT_EQ(result(2000, 0xffffffff), "0 (success) nevents=?");
}

}  // namespace
}  // namespace waxwing::wasi
