#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "interrupter.h"
#include "platform/clock.h"
#include "wasi/stream_file.h"

namespace waxwing::wasi {
namespace {

struct Event {
  uint64_t userdata;
  Errno error;
  EventType type;
  uint64_t bytes_ready;
  uint16_t flags;
};

class Poll : public testing::Test {
 protected:
  Poll() {
    platform::Pipe input = *platform::make_pipe();
    platform::Pipe output = *platform::make_pipe();
    ContextConfig config;
    config.standard_input = std::move(input.read_end);
    config.standard_output = std::move(output.write_end);
    to_guest_ = std::move(input.write_end);
    from_guest_ = std::move(output.read_end);
    guest_.emplace(std::move(config));
  }

  static std::string clock(uint64_t userdata, uint32_t id, uint64_t timeout_ns,
                           uint16_t flags = 0) {
    std::string entry(layout::subscription::size, '\0');
    base::store_le(entry.data() + layout::subscription::userdata, userdata);
    base::store_le(entry.data() + layout::subscription::clock, id);
    base::store_le(entry.data() + layout::subscription::timeout, timeout_ns);
    base::store_le(entry.data() + layout::subscription::clock_flags, flags);
    return entry;
  }
  static std::string descriptor(uint64_t userdata, EventType type, uint32_t fd) {
    std::string entry(layout::subscription::size, '\0');
    base::store_le(entry.data() + layout::subscription::userdata, userdata);
    base::store_le(entry.data() + layout::subscription::tag, type);
    base::store_le(entry.data() + layout::subscription::descriptor, fd);
    return entry;
  }

  WasiResult<std::vector<Event>> run(const std::string& subscriptions) {
    const GuestBytes source = guest_->put(subscriptions);
    const uint32_t count = source.size_bytes / layout::subscription::size;
    const uint32_t told =
        TRY(poll_oneoff(guest_->call(), source.address, Guest::room.address, count));
    std::vector<Event> events;
    for (uint32_t i = 0; i < told; ++i) {
      const uint32_t at = Guest::room.address + i * layout::event::size;
      events.push_back({guest_->load<uint64_t>(at + layout::event::userdata),
                        guest_->load<Errno>(at + layout::event::error),
                        guest_->load<EventType>(at + layout::event::type),
                        guest_->load<uint64_t>(at + layout::event::bytes),
                        guest_->load<uint16_t>(at + layout::event::flags)});
    }
    return events;
  }

  platform::File to_guest_;
  platform::File from_guest_;
  std::optional<Guest> guest_;
};

constexpr uint64_t ms = 1'000'000;

TEST_F(Poll, the_first_clock_ends_the_wait) {
  const uint64_t start = platform::monotonic_ns();
  const auto events = run(clock(1, 1, 20 * ms) + clock(2, 0, 10'000 * ms)).value();
  EXPECT_GE(platform::monotonic_ns() - start, 20 * ms);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 1u);
  EXPECT_EQ(events[0].error, Errno::success);
  EXPECT_EQ(events[0].type, EventType::clock);
}

TEST_F(Poll, absolute_times_are_of_their_own_clock) {
  EXPECT_EQ(run(clock(1, 0, platform::realtime_ns() + 10 * ms, subclock_abstime)).value().size(),
            1u);
  EXPECT_EQ(run(clock(1, 1, 1, subclock_abstime) + clock(2, 0, 1, subclock_abstime) +
                clock(3, 0, UINT64_MAX, subclock_abstime) + clock(4, 1, UINT64_MAX))
                .value()
                .size(),
            2u)
      << "both of the past, none of the future";
}

TEST_F(Poll, descriptors_tell_what_is_ready) {
  const std::string both =
      descriptor(1, EventType::fd_read, 0) + descriptor(2, EventType::fd_write, 1);
  auto events = run(both).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 2u);
  EXPECT_EQ(events[0].type, EventType::fd_write);

  ASSERT_TRUE(write_text(to_guest_, "12345"));
  events = run(both).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].userdata, 1u);
  EXPECT_EQ(events[0].bytes_ready, 5u);
  EXPECT_EQ(events[0].flags, 0u);

  to_guest_ = platform::File();
  EXPECT_EQ(guest_->read(0).value(), "12345");
  events = run(descriptor(1, EventType::fd_read, 0)).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].flags, event_hangup);
}

TEST_F(Poll, a_clock_bounds_a_wait_for_a_descriptor) {
  const auto events = run(descriptor(1, EventType::fd_read, 0) + clock(2, 1, 5 * ms)).value();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 2u);
}

class FifoPoll : public Poll {
 protected:
  FifoPoll() { EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0); }

  void give_output() {
    ContextConfig config;
    config.standard_output = open_stream_file(path_, StreamUse::write).value();
    guest_.emplace(std::move(config));
  }
  /// What a poll for the output tells alone, while `operation` is done a little later.
  template <typename Operation>
  std::vector<Event> run_while(Operation operation) {
    std::thread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(15));
      operation();
    });
    const auto events = run(descriptor(1, EventType::fd_write, 1)).value();
    other.join();
    return events;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "fifo";
};

TEST_F(FifoPoll, can_be_written_when_somebody_reads) {
  give_output();
  const std::string wanted = descriptor(1, EventType::fd_write, 1);
  for (const uint64_t timeout_ns : {uint64_t{0}, 5 * ms, 25 * ms}) {
    const uint64_t start = platform::monotonic_ns();
    const auto events = run(wanted + clock(2, 1, timeout_ns)).value();
    EXPECT_GE(platform::monotonic_ns() - start, timeout_ns);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].userdata, 2u);
  }
  platform::File end;
  const auto events = run_while(
      [&] { end = platform::open_host_path(path_, {.read = true, .nonblock = true}).value(); });
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].error, Errno::success);
  EXPECT_EQ(events[0].flags, 0u);
  EXPECT_EQ(guest_->write(1, "x").value(), 1u);
}

TEST_F(FifoPoll, tells_of_one_that_nobody_can_read_any_more) {
  give_output();
  const auto events = run_while([&] { EXPECT_EQ(::unlink(path_.c_str()), 0); });
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 1u);
  EXPECT_ERRNO(guest_->write(1, "x"), noent);
}

TEST_F(FifoPoll, an_interruption_ends_the_wait_for_a_reader) {
  give_output();
  const auto poll = [&] {
    const Interrupter interrupter(guest_->store());
    EXPECT_ERRNO(run(descriptor(1, EventType::fd_write, 1)), intr);
    return guest_->call().outcome;
  };
  EXPECT_EQ(trap_of(*guest_, poll), syntax::TrapCode::interrupted);
}

TEST_F(FifoPoll, tells_the_end_that_was_there_before_the_guest) {
  for (const std::string_view text : {"", "rest"}) {
    platform::File input =
        platform::open_host_path(path_, {.read = true, .nonblock = true}).value();
    {
      const auto writer = platform::open_host_path(path_, {.write = true}).value();
      EXPECT_EQ(write_text(writer, text).value(), text.size());
    }
    ASSERT_TRUE(input.set_status_flags(false, false));
    ContextConfig config;
    config.standard_input = std::move(input);
    guest_.emplace(std::move(config));
    const std::string wanted = descriptor(1, EventType::fd_read, 0) + clock(2, 1, 1000 * ms);
    auto events = run(wanted).value();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].userdata, 1u);
    EXPECT_EQ(guest_->read(0).value(), text);
    events = run(wanted).value();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].userdata, 1u);
    EXPECT_EQ(guest_->read(0).value(), "");
  }
}

TEST_F(Poll, what_is_wrong_with_one_subscription_is_its_event) {
  const auto events = run(descriptor(1, EventType::fd_read, 77) + clock(2, 9, 0) +
                          clock(3, 1, 10'000 * ms) + clock(4, 2, 0) + clock(5, 1, 0, 2))
                          .value();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].error, Errno::badf);
  EXPECT_EQ(events[0].type, EventType::fd_read);
  EXPECT_EQ(events[1].error, Errno::inval);
  EXPECT_EQ(events[2].userdata, 4u);
  EXPECT_EQ(events[2].error, Errno::success) << "no time has passed at once";
  EXPECT_EQ(events[3].error, Errno::inval);
}

TEST_F(Poll, processor_time_of_the_process_passes_while_others_work) {
  const uint64_t now_ns = platform::process_cpu_ns();
  EXPECT_EQ(run(clock(1, 2, now_ns, subclock_abstime) + clock(2, 1, 10'000 * ms)).value().size(),
            1u)
      << "it is past";
  EXPECT_EQ(run(clock(1, 2, 60'000 * ms) + clock(2, 1, 5 * ms)).value().at(0).userdata, 2u);
  std::atomic<bool> stop = false;
  std::thread worker([&] {
    while (!stop) continue;
  });
  const auto events = run(clock(1, 2, 20 * ms) + clock(2, 1, 60'000 * ms)).value();
  stop = true;
  worker.join();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].userdata, 1u);
  EXPECT_EQ(events[0].error, Errno::success);
  EXPECT_GE(platform::process_cpu_ns(), now_ns + 20 * ms);
  EXPECT_EQ(run(clock(1, 3, 1, subclock_abstime)).value().at(0).error, Errno::success);
  EXPECT_EQ(run(clock(1, 3, 1'000 * ms)).value().at(0).error, Errno::notsup)
      << "a thread that waits spends none";
}

TEST_F(Poll, arguments_are_checked) {
  EXPECT_ERRNO(run(""), inval);
  EXPECT_ERRNO(poll_oneoff(guest_->call(), Guest::memory_size - 47, 0, 1), fault);
  EXPECT_ERRNO(poll_oneoff(guest_->call(), 0, Guest::memory_size - 31, 1), fault);
  EXPECT_ERRNO(poll_oneoff(guest_->call(), 0, 0, 0xffffffff), inval);
  std::string bad = clock(1, 0, 0);
  bad[layout::subscription::tag] = 3;
  EXPECT_ERRNO(run(bad), inval);
}

TEST_F(Poll, wasi_unstable_has_its_clock_eight_bytes_later) {
  std::string entry = clock(1, 1, 0);
  entry.insert(layout::subscription::clock, 8, '\xff');
  const GuestBytes source = guest_->put(entry);
  EXPECT_EQ(poll_oneoff_0(guest_->call(), source.address, Guest::room.address, 1).value(), 1u);
  EXPECT_EQ(guest_->load<Errno>(Guest::room.address + layout::event::error), Errno::success);
}

class PollInterrupted : public Poll, public testing::WithParamInterface<From> {};
INSTANTIATE_TEST_SUITE_P(from, PollInterrupted,
                         testing::Values(From::other_thread, From::signal_handler),
                         [](const auto& from) {
                           return from.param == From::other_thread ? "other_thread"
                                                                   : "signal_handler";
                         });

TEST_P(PollInterrupted, ends_every_wait) {
  struct sigaction action{};
  action.sa_handler = &interrupt_in_handler;
  struct sigaction before{};
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  const auto sleeps = [&] {
    const Interrupter interrupter(guest_->store(), GetParam());
    EXPECT_ERRNO(run(clock(1, 1, 60'000 * ms)), intr);
    return guest_->call().outcome;
  };
  const auto reads = [&] {
    const Interrupter interrupter(guest_->store(), GetParam());
    EXPECT_ERRNO(guest_->read(0), intr);
    return guest_->call().outcome;
  };
  const auto writes = [&] {
    const Interrupter interrupter(guest_->store(), GetParam());
    WasiResult<uint32_t> written = 0;
    while (written) written = guest_->write(1, std::string(20000, 'x'));
    EXPECT_ERRNO(written, intr);
    return guest_->call().outcome;
  };
  EXPECT_EQ(trap_of(*guest_, sleeps), syntax::TrapCode::interrupted);
  EXPECT_EQ(trap_of(*guest_, reads), syntax::TrapCode::interrupted);
  EXPECT_EQ(trap_of(*guest_, writes), syntax::TrapCode::interrupted);
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(Poll, a_guest_that_does_not_block_is_told_again) {
  EXPECT_SUCCESS(fd_fdstat_set_flags(guest_->call(), 0, fd_flags::nonblock));
  EXPECT_EQ(fd_fdstat_get(guest_->call(), 0).value().flags, fd_flags::nonblock);
  EXPECT_ERRNO(guest_->read(0), again);
  EXPECT_SUCCESS(fd_fdstat_set_flags(guest_->call(), 0, 0));
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(write_text(to_guest_, "late"));
  });
  EXPECT_EQ(guest_->read(0).value(), "late") << "waits for it";
  writer.join();
}

TEST_F(Poll, the_hosts_own_descriptors_stay_as_they_are) {
  EXPECT_FALSE(to_guest_.status_flags()->nonblock);
  const platform::Pipe pipe = *platform::make_pipe();
  ContextConfig config;
  config.standard_output = pipe.write_end.borrowed();
  const Guest guest(std::move(config));
  EXPECT_FALSE(pipe.write_end.status_flags()->nonblock);
}

}  // namespace
}  // namespace waxwing::wasi
