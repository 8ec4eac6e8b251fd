// remote_probe OPTION... URL COMMAND...: what the HTTP store does, one line a command: its outcome,
// how many milliseconds it took, and what it said. Commands: get:NAME:FILE, put:NAME:FILE,
// remove:NAME, finish, sleep:MS. Of a NAME, the SHA-256 is the key.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "platform/clock.h"
#include "remote/http_store.h"

namespace {

using namespace waxwing;

struct Outcome {
  std::string word;
  std::string text;
};

Outcome outcome_of(const cache::StoreFailure& failure) {
  return {std::string(cache::store_fault_name(failure.fault)), failure.message()};
}

std::string take(std::string_view& text) {
  const size_t size = std::min(text.find(':'), text.size());
  std::string taken(text.substr(0, size));
  text.remove_prefix(std::min(size + 1, text.size()));
  return taken;
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Outcome get(remote::HttpStore& store, const cache::Digest& key, const std::string& path) {
  const auto blob = store.get(key);
  if (!blob) return outcome_of(blob.error());
  if (!*blob) return {"miss", ""};
  const std::string_view bytes = base::as_text(blob->bytes());
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
  return {"ok", std::to_string(bytes.size())};
}

Outcome put(remote::HttpStore& store, const cache::Digest& key, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(file)), {});
  const auto done = store.put(key, cache::Blob::own(std::move(bytes)));
  return done ? Outcome{"ok", ""} : outcome_of(done.error());
}

Outcome finish(remote::HttpStore& store) {
  const remote::HttpStore::Uploads uploads = store.finish();
  Outcome outcome{std::to_string(uploads.done) + "+" + std::to_string(uploads.failed) + "+" +
                      std::to_string(uploads.abandoned),
                  ""};
  for (const cache::StoreFailure& failure : uploads.failures) outcome.text += failure.message();
  return outcome;
}

Outcome run(remote::HttpStore& store, std::string_view command) {
  const std::string verb = take(command);
  const std::string name = take(command);
  const cache::Digest key = cache::sha256(base::as_bytes(name));
  if (verb == "get") return get(store, key, std::string(command));
  if (verb == "put") return put(store, key, std::string(command));
  if (verb == "finish") return finish(store);
  if (verb == "sleep") {
    std::this_thread::sleep_for(std::chrono::milliseconds(number(name)));
    return {"ok", ""};
  }
  const auto done = store.remove(key);
  return done ? Outcome{"ok", ""} : outcome_of(done.error());
}

/// Whether `name` is an option, which then has been set.
bool set_option(std::string_view name, const std::string& value, remote::HttpOptions& options) {
  const uint64_t ns = number(value) * 1'000'000;
  if (name == "--timeout") return options.timeout_ns = ns, true;
  if (name == "--connect") return options.connect_timeout_ns = ns, true;
  if (name == "--upload") return options.upload_timeout_ns = ns, true;
  if (name == "--retry") return options.retry_after_ns = ns, true;
  if (name == "--max-bytes") return options.max_entry_bytes = number(value), true;
  if (name == "--ca-file") return options.ca_file = value, true;
  if (name == "--program") return options.program = value, true;
  if (name == "--read-only") return options.read_only = value == "yes", true;
  if (name != "--header") return false;
  options.headers.push_back(value);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  remote::HttpOptions options;
  size_t at = 0;
  while (at + 1 < words.size() && set_option(words[at], words[at + 1], options)) at += 2;
  if (at == words.size()) return 64;
  options.url = words[at];
  const auto store = remote::HttpStore::open(options);
  if (!store) {
    std::printf("%s\n", store.error().message().c_str());
    return 1;
  }
  for (const std::string& command : std::span(words).subspan(at + 1)) {
    const uint64_t begin = platform::monotonic_ns();
    const Outcome outcome = run(**store, command);
    const uint64_t passed_ms = (platform::monotonic_ns() - begin) / 1'000'000;
    std::printf("%s\t%llu\t%s\n", outcome.word.c_str(), static_cast<unsigned long long>(passed_ms),
                outcome.text.c_str());
  }
  return 0;
}
