#include "cache/single_flight.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "blobs.h"

namespace waxwing::cache {
namespace {

using Flights = SingleFlight<std::shared_ptr<const std::string>, std::string>;

std::shared_ptr<const std::string> value_of(std::string_view text) {
  return std::make_shared<const std::string>(text);
}

/// Waits until `count` threads are in `run`.
void await_users(const Flights& flights, const Digest& key, size_t count) {
  while (flights.users(key) < count) std::this_thread::yield();
}

TEST(single_flight, makes_one_value_for_all_who_ask_meanwhile) {
  Flights flights;
  constexpr size_t thread_count = 8;
  std::atomic<int> made = 0;
  std::atomic<int> waited = 0;
  std::vector<std::thread> threads;
  std::vector<std::shared_ptr<const std::string>> values(thread_count);
  for (size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&, t] {
      const Flights::Outcome outcome = flights.run(key_of("k"), [&]() -> Flights::Result {
        await_users(flights, key_of("k"), thread_count);
        ++made;
        return value_of("made");
      });
      ASSERT_TRUE(outcome.result);
      if (outcome.waited) ++waited;
      values[t] = *outcome.result;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(waited, 7);
  for (const auto& value : values) EXPECT_EQ(value, values[0]);
  EXPECT_EQ(flights.users(key_of("k")), 0U);
  EXPECT_EQ(values[0].use_count(), long{thread_count}) << "nothing is remembered";
}

TEST(single_flight, lets_the_next_one_try_where_the_owner_fails) {
  Flights flights;
  constexpr size_t thread_count = 6;
  std::atomic<int> attempts = 0;
  std::atomic<int> failed = 0;
  std::atomic<int> succeeded = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < thread_count; ++t) {
    threads.emplace_back([&] {
      const auto outcome = flights.run(key_of("k"), [&]() -> Flights::Result {
        const int attempt = ++attempts;
        if (attempt == 1) await_users(flights, key_of("k"), thread_count);
        if (attempt < 4) return std::unexpected("no " + std::to_string(attempt));
        return value_of("at last");
      });
      if (outcome.result) {
        EXPECT_EQ(**outcome.result, "at last");
        ++succeeded;
      } else {
        ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(attempts, 4);
  EXPECT_EQ(failed, 3);
  EXPECT_EQ(succeeded, 3);
  EXPECT_EQ(flights.users(key_of("k")), 0U);
}

TEST(single_flight, lets_the_next_one_try_where_the_owner_throws) {
  Flights flights;
  std::thread thrower([&] {
    const auto run = [&] {
      (void)flights.run(key_of("k"), [&]() -> Flights::Result {
        await_users(flights, key_of("k"), 2);
        throw std::runtime_error("a host's");
      });
    };
    EXPECT_THROW(run(), std::runtime_error);
  });
  await_users(flights, key_of("k"), 1);
  const auto outcome = flights.run(key_of("k"), []() -> Flights::Result { return value_of("v"); });
  thrower.join();
  ASSERT_TRUE(outcome.result);
  EXPECT_EQ(**outcome.result, "v");
}

TEST(single_flight, keeps_keys_apart_and_remembers_nothing) {
  Flights flights;
  int made = 0;
  const auto make = [&]() -> Flights::Result {
    ++made;
    return value_of(std::to_string(made));
  };
  EXPECT_EQ(**flights.run(key_of("a"), make).result, "1");
  EXPECT_EQ(**flights.run(key_of("a"), make).result, "2");
  const auto outer = flights.run(
      key_of("a"), [&]() -> Flights::Result { return flights.run(key_of("b"), make).result; });
  EXPECT_EQ(**outer.result, "3");
  EXPECT_FALSE(outer.waited);
}

}  // namespace
}  // namespace waxwing::cache
