// Threads that give up waiting for what another one makes.
#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "blobs.h"
#include "cache/single_flight.h"

namespace waxwing::cache {
namespace {

using Flights = SingleFlight<std::shared_ptr<const std::string>, std::string>;

std::shared_ptr<const std::string> value_of(std::string_view text) {
  return std::make_shared<const std::string>(text);
}

void await_users(const Flights& flights, size_t count) {
  while (flights.users(key_of("k")) < count) std::this_thread::yield();
}

/// A `make` that looks at a flag.
auto make_unless(const base::StopFlag& stop, std::string_view text) {
  return [&stop, text]() -> Flights::Result {
    if (stop.is_set()) return std::unexpected("stopped");
    return value_of(text);
  };
}

TEST(single_flight, ends_the_wait_of_whoever_is_stopped) {
  Flights flights;
  std::atomic<bool> may_end = false;
  std::thread owner([&] {
    const auto outcome = flights.run(key_of("k"), [&]() -> Flights::Result {
      while (!may_end) std::this_thread::yield();
      return value_of("made");
    });
    EXPECT_EQ(**outcome.result, "made");
  });
  await_users(flights, 1);
  base::StopFlag stop;
  std::thread stopper([&] {
    await_users(flights, 2);
    stop.set(base::StopReason::interrupted);
  });
  const auto outcome = flights.run(key_of("k"), make_unless(stop, "mine"), &stop);
  EXPECT_EQ(outcome.result.error(), "stopped") << "while the owner is at it";
  EXPECT_EQ(flights.users(key_of("k")), 1U);
  may_end = true;
  stopper.join();
  owner.join();
}

TEST(single_flight, lets_a_waiter_make_what_a_stopped_owner_leaves) {
  Flights flights;
  base::StopFlag stop;
  std::thread owner([&] {
    const auto outcome = flights.run(
        key_of("k"),
        [&]() -> Flights::Result {
          await_users(flights, 3);
          stop.set(base::StopReason::deadline_exceeded);
          return std::unexpected("stopped");
        },
        &stop);
    EXPECT_EQ(outcome.result.error(), "stopped");
  });
  await_users(flights, 1);
  std::atomic<int> made = 0;
  const auto wait = [&] {
    const base::StopFlag never;
    const auto outcome = flights.run(
        key_of("k"),
        [&]() -> Flights::Result {
          ++made;
          await_users(flights, 2);  // the other one does not come too late
          return value_of("by a waiter");
        },
        &never);
    ASSERT_TRUE(outcome.result);
    EXPECT_EQ(**outcome.result, "by a waiter");
    EXPECT_TRUE(outcome.waited);
  };
  std::thread first(wait);
  std::thread second(wait);
  first.join();
  second.join();
  owner.join();
  EXPECT_EQ(made, 1);
}

// Whoever is woken to be the next owner, and is stopped just then, must wake somebody else.
TEST(single_flight, forgets_nobody_who_waits_when_all_others_are_stopped) {
  for (int round = 0; round < 100; ++round) {
    Flights flights;
    constexpr size_t stopped_count = 4;
    base::StopFlag stop;
    std::vector<std::thread> threads;
    threads.emplace_back([&] {
      (void)flights.run(key_of("k"), [&]() -> Flights::Result {
        await_users(flights, stopped_count + 2);
        return std::unexpected("no");
      });
    });
    await_users(flights, 1);
    for (size_t i = 0; i < stopped_count; ++i) {
      threads.emplace_back([&] {
        (void)flights.run(
            key_of("k"), [&]() -> Flights::Result { return std::unexpected("stopped"); }, &stop);
      });
    }
    std::thread patient([&] {
      const auto outcome =
          flights.run(key_of("k"), []() -> Flights::Result { return value_of("v"); });
      EXPECT_EQ(**outcome.result, "v");
    });
    stop.set(base::StopReason::interrupted);
    // Those that were stopped may be gone before the owner has seen all of them.
    const base::StopFlag never;
    std::vector<std::thread> others;
    for (size_t i = 0; i < stopped_count; ++i) {
      others.emplace_back([&] {
        const auto outcome =
            flights.run(key_of("k"), []() -> Flights::Result { return value_of("v"); }, &never);
        EXPECT_EQ(**outcome.result, "v");
      });
    }
    for (std::thread& thread : threads) thread.join();
    patient.join();
    for (std::thread& thread : others) thread.join();
  }
}

}  // namespace
}  // namespace waxwing::cache
