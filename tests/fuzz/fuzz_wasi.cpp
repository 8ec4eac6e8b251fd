// WASI's functions called in any order with any arguments, over a memory with anything in it: none
// crashes, waits when it was interrupted, or leaves a descriptor of the host open.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "input.h"
#include "runtime/store.h"
#include "vfs/memory.h"
#include "wasi/marshal.h"

namespace waxwing::fuzz {
namespace {

namespace fs = std::filesystem;
using namespace wasi;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "fuzz_wasi: %s\n", what);
  std::abort();
}

/// Calls a typed function with arguments from slots.
template <auto function>
struct Typed;

template <typename Result, typename... Params, WasiResult<Result> (*function)(Call&, Params...)>
struct Typed<function> {
  static void call(Call& call, const runtime::Slot* slots) {
    place(call, slots, std::index_sequence_for<Params...>());
  }

 private:
  template <size_t... I>
  static void place(Call& call, const runtime::Slot* slots, std::index_sequence<I...>) {
    std::array<size_t, sizeof...(Params) + 1> at{};
    size_t i = 0;
    ((at[i + 1] = at[i] + Parameter<Params>::slots, ++i), ...);
    const auto result = function(call, Parameter<Params>::get(slots + at[I])...);
    if (!result && result.error() == Errno::success) fail("a failure is a success");
  }
};

template <void (*function)(Call&, uint32_t)>
struct Typed<function> {
  static void call(Call& call, const runtime::Slot* slots) {
    function(call, runtime::slot_i32(slots[0]));
  }
};

/// What a slot means, by its first letter, so that most calls are nearly right.
struct Function {
  void (*call)(Call&, const runtime::Slot*);
  std::string_view parameters;
};
constexpr Function functions[] = {
#define PARAMETERS(ID, WORDS) {&Typed<&ID>::call, WORDS},
#include "wasi/parameters.def"
    {&Typed<&poll_oneoff_0>::call, "in:ptr out:ptr nsubscriptions:u32"},
    {&Typed<&fd_filestat_get_0>::call, "fd:u32"},
    {&Typed<&fd_seek_0>::call, "fd:u32 offset:s64 whence:whence"},
    {&Typed<&path_filestat_get_0>::call, "fd:u32 flags:lookup path:path"},
};

constexpr std::string_view paths[] = {
    "a",         "b",       "a/b",    "dir", "dir/file", "dir/link",
    "file",      "fifo",    "socket", ".",   "..",       "../out",
    "dir/../..", "loop",    "link/x", "",    "/",        "/proc/self/fd/1",
    "file/",     "dir/./b/"};

/// What all runs share: a directory with a bit of everything in it.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "waxwing_fuzz_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail("there is no temporary directory");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { empty(); }

  std::string fill() const {
    empty();
    fs::create_directories(path_ / "dir");
    std::ofstream(path_ / "file") << "text of a file";
    std::ofstream(path_ / "dir/file") << "text of another";
    fs::create_symlink("../file", path_ / "dir/link");
    fs::create_symlink("dir", path_ / "link");
    fs::create_symlink("loop", path_ / "loop");
    if (::mkfifo((path_ / "fifo").c_str(), 0600) != 0) fail("there is no FIFO");
    return path_;
  }

 private:
  void empty() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path path_;
};

size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

class Guest {
 public:
  explicit Guest(Input input) : input_(input), is_blocking_(input_.flag()) {
    store_ = std::move(*runtime::Store::create(std::make_shared<runtime::TypeRegistry>(), {}));
    memory_ = *store_->add_memory({.limits_pages = {.min = 1, .max = 1}});
    const runtime::HostCode code = [](void* data, runtime::Caller&, runtime::Slot*) {
      return static_cast<Guest*>(data)->call_one();
    };
    func_ = *store_->add_host_func({}, code, this, nullptr);
    auto context = Context::create(config());
    if (!context) fail(context.error().message().c_str());
    context_ = std::move(*context);
  }

  void run() {
    constexpr int max_calls = 300;
    for (int i = 0; i < max_calls && !input_.empty(); ++i) {
      runtime::Slot slots[1] = {};
      const runtime::Outcome outcome = store_->call(*func_, slots);
      if (outcome != runtime::Outcome::returned) static_cast<void>(store_->take_failure(outcome));
    }
  }

 private:
  static constexpr uint32_t page = 65536;

  ContextConfig config() {
    static const Folder folder;
    const std::string root = folder.fill();
    ContextConfig result;
    result.args = {"guest", "x"};
    result.env = {"A=1"};
    const auto memory = vfs::make_memory_directory({.max_bytes = 1 << 20});
    result.preopens = {{.host_path = root, .guest_path = "/", .special_files = is_blocking_},
                       {.guest_path = "/tmp", .directory = memory},
                       {.host_path = root, .guest_path = "/ro", .read_only = true},
                       {.guest_path = "/ro_tmp", .directory = memory, .read_only = true}};
    if (is_blocking_) {
      int sockets[2] = {};
      if (::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) fail("there are no sockets");
      result.standard_error = platform::File::own(sockets[0]);
      far_end_ = platform::File::own(sockets[1]);
      auto in = platform::make_pipe(), out = platform::make_pipe();
      if (!in || !out) fail("there are no pipes");
      result.standard_input = std::move(in->read_end);
      result.standard_output = std::move(out->write_end);
      others_ = {std::move(in->write_end), std::move(out->read_end)};
    }
    result.clocks = counting_clocks();
    result.random = seeded_random(1);
    result.max_descriptors = 24;
    result.quota.max_written_bytes = 1 << 20;  // what is allocated is on the disk
    if (input_.flag()) result.quota.max_entries = 8;
    result.resolver = input_.flag() ? platform::Resolver::walk : platform::Resolver::best;
    return result;
  }

  /// Somewhere in the memory, or beside it.
  uint32_t address() {
    const uint8_t kind = input_.byte();
    if (kind < 224) return uint32_t{kind} * 64;
    if (kind < 240) return page - kind % 16;
    if (kind < 248) return page / 2;
    return static_cast<uint32_t>(input_.number(4));
  }
  uint64_t number() {
    const uint8_t kind = input_.byte();
    if (kind < 200) return kind % 40;
    if (kind < 216) return uint64_t{1} << kind % 64;
    if (kind < 232) return uint64_t{0} - kind % 8;
    if (kind < 240) return page - kind % 8;
    return input_.number(8);
  }

  void put(uint32_t address, const void* bytes, size_t size) {
    if (address <= page && size <= page - address)
      std::memcpy(memory_->base() + address, bytes, size);
  }
  void put_number(uint32_t address, uint64_t value) { put(address, &value, sizeof value); }

  /// Pushes an argument, or two, for a parameter of this kind.
  runtime::Slot* push(std::string_view kind, std::string_view name, runtime::Slot* slot) {
    if (kind == "path") {
      const uint32_t at = address();
      const uint8_t choice = input_.byte();
      const std::string_view text = paths[choice % std::size(paths)];
      put(at, text.data(), text.size());
      *slot++ = at;
      *slot++ = choice < 240 ? text.size() : number() & 0xffffffff;
    } else if (kind == "iovs" || kind == "ciovs") {
      const uint32_t at = address(), count = input_.byte() % 8;
      for (uint32_t i = 0; i < count; ++i)
        put_number(at + 8 * i, uint64_t{number() & 0xffff} << 32 | address());
      *slot++ = at;
      *slot++ = input_.byte() < 240 ? count : number() & 0xffffffff;
    } else if (kind == "buf") {
      *slot++ = address();
      *slot++ = number() & 0xffffffff;
    } else if (name == "in") {
      const uint32_t at = address(), count = input_.byte() % 6;
      for (uint32_t i = 0; i < count; ++i) put_subscription(at + i * layout::subscription::size);
      *slot++ = at;
    } else if (kind == "ptr") {
      *slot++ = address();
    } else if (kind == "rights") {
      *slot++ = input_.byte() < 160 ? rights::all : number();
    } else {
      *slot++ = number();
    }
    return slot;
  }

  void put_subscription(uint32_t at) {
    namespace subscription = layout::subscription;
    for (uint32_t i = 0; i < subscription::size; i += 8) put_number(at + i, 0);
    put_number(at, number());
    put_number(at + subscription::tag, input_.byte() % 4);
    put_number(at + subscription::descriptor, number());
    put_number(at + subscription::timeout, number());
    put_number(at + subscription::clock_flags, input_.byte() % 3);
  }

  runtime::Outcome call_one() {
    const Function& function = functions[input_.byte() % std::size(functions)];
    runtime::Slot slots[16] = {};
    runtime::Slot* slot = slots;
    for (std::string_view words = function.parameters; !words.empty();) {
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(words.size(), word.size() + 1));
      if (word.front() == '=') break;  // results: the typed function returns them
      const size_t colon = word.find(':');
      slot = push(word.substr(colon + 1), word.substr(0, colon), slot);
    }
    Call call{.context = *context_, .memory = GuestMemory(*memory_), .store = *store_};
    if (is_blocking_) store_->interrupt(store_->current_call(), syntax::TrapCode::interrupted);
    function.call(call, slots);
    return call.outcome;
  }

  Input input_;
  bool is_blocking_;
  platform::File far_end_;
  std::array<platform::File, 2> others_;
  std::unique_ptr<runtime::Store> store_;
  runtime::Memory* memory_ = nullptr;
  runtime::Func* func_ = nullptr;
  std::shared_ptr<Context> context_;
};

}  // namespace
}  // namespace waxwing::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waxwing::fuzz;
  const size_t before = open_descriptors();
  Guest(Input({data, size})).run();
  if (open_descriptors() != before) fail("a descriptor of the host stays open");
  return 0;
}
