// Option values: what they mean, and what is refused.
#include "cli/units.h"

#include <gtest/gtest.h>

namespace waxwing::cli {
namespace {

TEST(units_duration, numbers_have_units) {
  EXPECT_EQ(parse_duration_ns("1ns"), 1u);
  EXPECT_EQ(parse_duration_ns("3us"), 3'000u);
  EXPECT_EQ(parse_duration_ns("500ms"), 500'000'000u);
  EXPECT_EQ(parse_duration_ns("2s"), 2'000'000'000u);
  EXPECT_EQ(parse_duration_ns("1.5m"), 90'000'000'000u);
  EXPECT_EQ(parse_duration_ns("1h30m"), 5'400'000'000'000u);
  EXPECT_EQ(parse_duration_ns("2d"), 172'800'000'000'000u);
}

TEST(units_duration, all_else_is_refused) {
  for (const char* text : {"", "5", "s", "0s", "0.1ns", "-1s", "+1s", "1 s", "1s2", "1w", "infs",
                           "nans", "1e3s", "9999999999999h", "9000000000s9000000000s"}) {
    EXPECT_FALSE(parse_duration_ns(text).has_value()) << text;
  }
}

TEST(units_size, units_are_powers_of_1024) {
  EXPECT_EQ(parse_size_bytes("65536"), 65536u);
  EXPECT_EQ(parse_size_bytes("7B"), 7u);
  for (const char* text : {"64M", "64MB", "64MiB"}) {
    EXPECT_EQ(parse_size_bytes(text), 64u << 20) << text;
  }
  EXPECT_EQ(parse_size_bytes("1.5K"), 1536u);
  EXPECT_EQ(parse_size_bytes("4GiB"), uint64_t(4) << 30);
  EXPECT_EQ(parse_size_bytes("2T"), uint64_t(2) << 40);
}

TEST(units_fuel, letters_are_powers_of_1000) {
  EXPECT_EQ(parse_fuel("0"), 0u);
  EXPECT_EQ(parse_fuel("250000"), 250'000u);
  EXPECT_EQ(parse_fuel("1.5M"), 1'500'000u);
  EXPECT_EQ(parse_fuel("3T"), 3'000'000'000'000u);
  for (const char* text : {"", "K", "-1", "1KiB", "1M1", "much"})
    EXPECT_FALSE(parse_fuel(text).has_value()) << text;
}

TEST(units_size, all_else_is_refused) {
  for (const char* text :
       {"", "0", "K", "-1", "1X", "1M1", "1 M", "8388608T", "99999999999999999999"}) {
    EXPECT_FALSE(parse_size_bytes(text).has_value()) << text;
  }
}

TEST(units_preopen, guest_name_is_the_hosts_unless_given) {
  const auto same = parse_preopen("data/in");
  ASSERT_TRUE(same);
  EXPECT_EQ(same->host_path, "data/in");
  EXPECT_EQ(same->guest_path, "data/in");
  EXPECT_FALSE(same->read_only);

  const auto named = parse_preopen("data::/in:ro");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->host_path, "data");
  EXPECT_EQ(named->guest_path, "/in");
  EXPECT_TRUE(named->read_only);
}

TEST(units_preopen, what_is_granted_stands_behind_it_in_any_order) {
  for (const char* text : {"data:ro:dev", "data:dev:ro"}) {
    const auto preopen = parse_preopen(text);
    ASSERT_TRUE(preopen) << text;
    EXPECT_EQ(preopen->host_path, "data");
    EXPECT_TRUE(preopen->read_only);
    EXPECT_TRUE(preopen->special_files);
  }
  EXPECT_FALSE(parse_preopen("data:ro")->special_files);
  EXPECT_EQ(parse_preopen("data:dev:dev")->host_path, "data:dev");
}

TEST(units_preopen, single_colons_belong_to_the_path) {
  const auto preopen = parse_preopen("a:b:ro");
  ASSERT_TRUE(preopen);
  EXPECT_EQ(preopen->host_path, "a:b");
  EXPECT_TRUE(preopen->read_only);
}

TEST(units_preopen, both_names_are_needed) {
  for (const char* text : {"", "::", "a::", "::b", ":ro", "a:::ro"}) {
    EXPECT_FALSE(parse_preopen(text).has_value()) << text;
  }
}

TEST(units_archive_mount, both_names_are_needed) {
  EXPECT_EQ(parse_archive_mount("a.tar::/data")->file, "a.tar");
  EXPECT_EQ(parse_archive_mount("a.tar::/data")->guest_path, "/data");
  for (const char* text : {"", "::", "a.tar", "a.tar::", "::/data", "a.tar:/data"}) {
    EXPECT_FALSE(parse_archive_mount(text).has_value()) << text;
  }
}

TEST(units_overlay, is_a_directory_and_how_much_of_it_may_change) {
  const auto plain = parse_overlay("data");
  EXPECT_EQ(plain->host_path, "data");
  EXPECT_EQ(plain->guest_path, "data");
  EXPECT_EQ(plain->overlay->max_bytes, uint64_t{256} << 20);
  const auto named = parse_overlay("/srv/data::guest:64M");
  EXPECT_EQ(named->host_path, "/srv/data");
  EXPECT_EQ(named->guest_path, "guest");
  EXPECT_EQ(named->overlay->max_bytes, uint64_t{64} << 20);
  EXPECT_EQ(parse_overlay("data:1K")->host_path, "data");
  for (const char* text : {"", "::", "a::", "::a", ":1M", "a::b:", "a:::1M", "a:x"}) {
    EXPECT_FALSE(parse_overlay(text).has_value()) << text;
  }
}

TEST(units_count, may_be_nothing) {
  EXPECT_EQ(parse_count("0"), 0u);
  EXPECT_EQ(parse_count("10K"), 10'000u);
  for (const char* text : {"", "x", "-1", "1Q"}) EXPECT_FALSE(parse_count(text)) << text;
}

TEST(units_memory_directory, size_stands_behind_the_name) {
  EXPECT_EQ(parse_memory_directory("/tmp")->guest_path, "/tmp");
  EXPECT_EQ(parse_memory_directory("/tmp")->max_bytes, uint64_t{256} << 20);
  EXPECT_EQ(parse_memory_directory("/tmp:64M")->guest_path, "/tmp");
  EXPECT_EQ(parse_memory_directory("/tmp:64M")->max_bytes, uint64_t{64} << 20);
  EXPECT_EQ(parse_memory_directory("/a:b/c")->guest_path, "/a:b/c");
  for (const char* text : {"", ":", ":1M", "/tmp:", "/tmp:big"}) {
    EXPECT_FALSE(parse_memory_directory(text).has_value()) << text;
  }
}

TEST(units_listener, addresses_are_numbers_and_ports) {
  EXPECT_EQ(parse_listener("127.0.0.1:8080")->address.text(), "127.0.0.1:8080");
  EXPECT_FALSE(parse_listener("127.0.0.1:8080")->nonblocking);
  EXPECT_EQ(parse_listener("[::1]:0:nonblock")->address.text(), "[::1]:0");
  EXPECT_TRUE(parse_listener("[::1]:0:nonblock")->nonblocking);
  EXPECT_EQ(parse_listener("localhost:80")->address.text(), "127.0.0.1:80");
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80",
                           "[127.0.0.1]:80", "example.org:80", "127.0.0.1:80:", "127.1:80",
                           "127.0.0.1:-1", "127.0.0.1:8 ", ":nonblock", "[::1%lo]:80"}) {
    EXPECT_FALSE(parse_listener(text).has_value()) << text;
  }
  EXPECT_NE(parse_listener(":8080").error().find("127.0.0.1:8080, or 0.0.0.0:8080"),
            std::string::npos);
}

TEST(units_environment, value_may_hold_anything) {
  const auto entry = parse_environment_entry("A=b=c ");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->name, "A");
  EXPECT_EQ(entry->value, "b=c ");
  EXPECT_EQ(parse_environment_entry("A=")->value, "");
  EXPECT_FALSE(parse_environment_entry("A")->value.has_value());
  EXPECT_FALSE(parse_environment_entry("=b").has_value());
}

TEST(units_target, names_a_system_and_what_processors_have) {
  using codegen::x64::CpuFeatures;
  using codegen::x64::Feature;
  EXPECT_EQ(parse_target("x86_64-linux"), CpuFeatures());
  EXPECT_EQ(parse_target("x86_64-linux:"), CpuFeatures());
  CpuFeatures features;
  features.add(Feature::bmi2);
  features.add(Feature::avx);
  EXPECT_EQ(parse_target("x86_64-linux:avx,bmi2"), features);
  for (const char* text :
       {"", "x86_64", "aarch64-linux", "x86_64-linux:avx99", "x86_64-linux:AVX"}) {
    EXPECT_FALSE(parse_target(text).has_value()) << text;
  }
}

TEST(units_text, has_three_digits) {
  EXPECT_EQ(duration_text(0), "0.00 ms");
  EXPECT_EQ(duration_text(412'345), "0.41 ms");
  EXPECT_EQ(duration_text(12'345'678), "12.3 ms");
  EXPECT_EQ(duration_text(123'456'789), "123 ms");
  EXPECT_EQ(duration_text(1'234'567'890), "1.23 s");
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1536), "1.50 KiB");
  EXPECT_EQ(size_text(uint64_t{100} << 20), "100 MiB");
  EXPECT_EQ(size_text(UINT64_MAX), "16.0 EiB");
}

TEST(units_text, ages_are_whole) {
  EXPECT_EQ(age_text(999'999'999), "0s");
  EXPECT_EQ(age_text(59'000'000'000), "59s");
  EXPECT_EQ(age_text(60'000'000'000), "1m");
  EXPECT_EQ(age_text(7'199'000'000'000), "1h");
  EXPECT_EQ(age_text(uint64_t{90'000'000'000'000}), "1d");
}

TEST(units_nearest, only_what_is_near) {
  const std::string_view names[] = {"run", "validate", "inspect"};
  EXPECT_EQ(nearest("rnu", names), "");
  EXPECT_EQ(nearest("ru", names), "run");
  EXPECT_EQ(nearest("valdiate", names), "validate");
  EXPECT_EQ(nearest("unrelated", names), "");
}

}  // namespace
}  // namespace waxwing::cli
