// WASI's functions called in any order with any arguments, over a memory with anything in it, in a
// world of any mounts, sockets and streams, those of embedders too that answer anything: none
// crashes, waits when it was interrupted, leaves a descriptor of the host open, or changes what
// lies below an overlay.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <netinet/in.h>
#include <set>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "api/wasi_directories.h"
#include "api/wasi_stream.h"
#include "archive_bytes.h"
#include "input.h"
#include "unit/vfs/archive_writer.h"
#include "wasi/marshal.h"
#include "wasi_embedder.h"

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

  const fs::path& path() const { return path_; }
  /// All that shows whether something in it has changed.
  std::string picture() const {
    std::set<std::string> lines;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      struct stat status = {};
      if (::lstat(entry.path().c_str(), &status) != 0) fail("what is listed is not there");
      lines.insert(entry.path().string() + " " + std::to_string(status.st_ino) + " " +
                   std::to_string(status.st_size) + " " + std::to_string(status.st_ctim.tv_sec) +
                   "." + std::to_string(status.st_ctim.tv_nsec));
    }
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

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

Engine& shared_engine() {
  static Engine engine(Config{.tier = Tier::interpreter});
  return engine;
}

class Guest {
 public:
  explicit Guest(Input input)
      : input_(input),
        waiting_(Waiting(input_.byte() % 3)),
        store_(*Store::create(shared_engine())),
        answers_(input_, [this] { misuse(); }) {
    runtime::Store& store = *core().store;
    memory_ = *store.add_memory({.limits_pages = {.min = 1, .max = 1}});
    const runtime::HostCode code = [](void* data, runtime::Caller&, runtime::Slot*) {
      return static_cast<Guest*>(data)->call_one();
    };
    func_ = *store.add_host_func({}, code, this, nullptr);
    const detail::Pin pin(core());  // as while a linker makes a world
    auto context = Context::create(config());
    if (!context) fail(context.error().message().c_str());
    context_ = std::move(*context);
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  ~Guest() {
    context_.reset();
    if (!before_.empty() && below().picture() != before_)
      fail("below an overlay, something changed");
  }

  void run() {
    constexpr int max_calls = 300;
    const Func func = detail::Access::handle<Func>(core(), func_);
    for (int i = 0; i < max_calls && !input_.empty() && !store_.is_closed(); ++i) {
      CallOptions options;
      if (waiting_ == Waiting::for_a_while) options.timeout = std::chrono::microseconds(100);
      static_cast<void>(func.try_call({}, options));
    }
  }

 private:
  static constexpr uint32_t page = 65536;

  enum class Waiting : uint8_t {
    never,        // the world has nothing to wait for
    interrupted,  // before each call
    for_a_while,
  };

  /// What an embedder may not do in the middle of a call.
  void misuse() {
    if (input_.flag()) return store_.interrupter().interrupt();
    if (store_.close()) fail("a store was closed in the middle of a call");
  }
  detail::StoreCore& core() { return *detail::Access::core(store_); }
  static const Folder& below() {
    static const Folder folder;
    return folder;
  }

  ContextConfig config() {
    ContextConfig result;
    result.args = {"guest", "x"};
    result.env = {"A=1"};
    add_directories(result);
    if (waiting_ != Waiting::never)
      for (int i = input_.byte() % 4; i > 0; --i) add_socket(result);
    add_streams(result);
    result.max_descriptors = 24;
    result.quota.max_written_bytes = 1 << 20;  // what is allocated is on the disk
    if (input_.flag()) result.quota.max_entries = 8;
    result.resolver = input_.flag() ? platform::Resolver::walk : platform::Resolver::best;
    return result;
  }

  void add_directories(ContextConfig& world) {
    static const Folder folder;
    const std::string root = folder.fill();
    const bool special_files = waiting_ != Waiting::never;
    const auto memory = vfs::make_memory_directory({.max_bytes = 1 << 20});
    const auto any_files = [this] {
      return api::adapt(core(), std::make_shared<AnyNode>(answers_, FileKind::directory), 7,
                        [] { return uint64_t{5}; });
    };
    world.preopens = {{.host_path = root, .guest_path = "/", .special_files = special_files}};
    for (int i = input_.byte() % 6; i > 0; --i) {
      Preopen preopen{.guest_path = "/" + std::to_string(i), .read_only = input_.byte() % 4 == 0};
      switch (input_.byte() % 7) {
        case 0: preopen.host_path = root; break;
        case 1: preopen.directory = memory; break;
        case 2:
          if (before_.empty()) below().fill();
          before_ = below().picture();
          preopen.host_path = below().path();
          preopen.overlay = vfs::MemoryOptions{.max_bytes = 1 << 18};
          break;
        case 3:
          preopen.directory = memory;
          preopen.overlay = vfs::MemoryOptions{.max_bytes = 1 << 18};
          break;
        case 4: preopen.directory = any_files(); break;
        case 5:
          preopen.directory = any_files();
          preopen.overlay = vfs::MemoryOptions{.max_bytes = 1 << 18};
          break;
        default: preopen.directory = archive();
      }
      if (!preopen.host_path.empty() || preopen.directory) world.preopens.push_back(preopen);
    }
  }

  /// Null where what became of it is none.
  std::shared_ptr<vfs::Directory> archive() {
    vfs::ArchiveWriter archive;
    archive.add("dir", '5').file("dir/file", "text of another").file("file", "text of a file");
    archive.add("dir/link", '2', "", "../file").add("loop", '2', "", "loop");
    archive.add("a", '1', "", "file").add("link", '2', "", "dir");
    std::string& bytes = archive.bytes;
    for (int i = input_.byte() % 4; i > 0; --i)
      bytes[input_.number(2) % bytes.size()] = char(input_.byte());
    bytes.resize(bytes.size() - input_.byte() % 4 / 3 * input_.number(2) % bytes.size());
    bytes += std::string(1024, '\0');
    return open_archive(bytes).value_or(nullptr);
  }

  void add_streams(ContextConfig& world) {
    if (waiting_ != Waiting::never && input_.flag()) {
      int ends[2] = {};
      if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("there are no sockets");
      world.standard_error = platform::File::own(ends[0]);
      auto in = platform::make_pipe(), out = platform::make_pipe();
      if (!in || !out) fail("there are no pipes");
      world.standard_input = std::move(in->read_end);
      world.standard_output = std::move(out->write_end);
      peers_.push_back(platform::File::own(ends[1]));
      peers_.push_back(std::move(in->write_end));
      others_.push_back(std::move(out->read_end));
      world.clocks = counting_clocks();
      world.random = seeded_random(1);
      return;
    }
    WasiConfig config;
    config.standard_input = any_input(answers_);
    config.standard_output = any_output(answers_);
    config.standard_error = any_output(answers_);
    config.clocks = std::make_shared<AnyClocks>(answers_);
    config.random = std::make_shared<AnyRandom>(answers_);
    if (api::add_sources(core(), config, world)) return;
    config.standard_input = config.standard_output = config.standard_error = WasiStream::null;
    if (!api::add_sources(core(), config, world)) fail("there are no streams");
  }

  void add_socket(ContextConfig& world) {
    const uint8_t kind = input_.byte();
    int ends[2] = {};
    if (kind % 4 < 2) {
      if (::socketpair(AF_UNIX, kind % 4 == 0 ? SOCK_STREAM : SOCK_DGRAM, 0, ends) != 0)
        fail("there are no sockets");
      peers_.push_back(platform::File::own(ends[1]));
    } else {
      ends[0] = ::socket(kind % 4 == 2 ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      sockaddr_in address{};
      address.sin_family = kind % 4 == 2 ? AF_UNIX : AF_INET;  // alone: any name that is free
      address.sin_addr.s_addr = kind % 4 == 2 ? 0 : htonl(INADDR_LOOPBACK);
      const socklen_t size = kind % 4 == 2 ? sizeof(sa_family_t) : sizeof address;
      if (::bind(ends[0], reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
          ::listen(ends[0], 4) != 0)
        fail("nothing listens");
      listeners_.push_back(platform::File::own(::dup(ends[0])));
      for (int i = kind / 4 % 3; i > 0; --i) connect(listeners_.back());
    }
    world.sockets.push_back(
        {.socket = std::make_unique<vfs::HostSocket>(platform::File::own(ends[0])),
         .nonblocking = kind >= 128});
  }

  void connect(const platform::File& listener) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    auto* const at = reinterpret_cast<sockaddr*>(&address);
    if (::getsockname(listener.descriptor(), at, &size) != 0) fail("a listener has no name");
    const int end = ::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const linger at_once{.l_onoff = 1, .l_linger = 0};  // leaves no port behind
    ::setsockopt(end, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    static_cast<void>(::connect(end, at, size));
    peers_.push_back(platform::File::own(end));
  }

  /// Whoever is at the other end does something.
  void act_as_peer() {
    const uint8_t kind = input_.byte();
    if (kind % 4 == 0 && !listeners_.empty() && peers_.size() < 8)
      return connect(listeners_[kind / 4 % listeners_.size()]);
    if (peers_.empty()) return;
    const size_t index = kind / 4 % peers_.size();
    const platform::File& peer = peers_[index];
    uint8_t bytes[64] = {};
    if (kind % 4 == 1) {
      const platform::ConstIoBuffer buffer{bytes, kind / size_t{4}};
      if (peer.kind() == platform::FileKind::fifo)
        static_cast<void>(peer.write({&buffer, 1}));
      else
        ::send(peer.descriptor(), bytes, buffer.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (kind % 4 == 2) {
      ::recv(peer.descriptor(), bytes, sizeof bytes, MSG_DONTWAIT);
    } else {
      peers_.erase(peers_.begin() + ptrdiff_t(index));
    }
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
    const size_t index = input_.byte() % (std::size(functions) + 1);
    if (index == std::size(functions)) {
      act_as_peer();
      return runtime::Outcome::returned;
    }
    const Function& function = functions[index];
    runtime::Slot slots[16] = {};
    runtime::Slot* slot = slots;
    for (std::string_view words = function.parameters; !words.empty();) {
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(words.size(), word.size() + 1));
      if (word.front() == '=') break;  // results: the typed function returns them
      const size_t colon = word.find(':');
      slot = push(word.substr(colon + 1), word.substr(0, colon), slot);
    }
    runtime::Store& store = *core().store;
    Call call{.context = *context_, .memory = GuestMemory(*memory_), .store = store};
    if (waiting_ == Waiting::interrupted)
      store.interrupt(store.current_call(), syntax::TrapCode::interrupted);
    function.call(call, slots);
    if (call.outcome == runtime::Outcome::returned && store.has_trap())
      fail("a trap is left behind");
    return call.outcome;
  }

  Input input_;
  Waiting waiting_;
  std::string before_;  // what is below overlays
  std::vector<platform::File> peers_, others_, listeners_;
  Store store_;
  Answers answers_;
  runtime::Memory* memory_ = nullptr;
  runtime::Func* func_ = nullptr;
  std::shared_ptr<Context> context_;
};

/// Starts the thread that watches time, whose descriptors stay.
bool warm_up() {
  const uint8_t for_a_while[] = {2, 0};
  Guest(Input(for_a_while)).run();
  return true;
}

}  // namespace
}  // namespace waxwing::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waxwing::fuzz;
  static const bool is_warm = warm_up();
  if (!is_warm) return 0;
  const size_t before = open_descriptors();
  Guest(Input({data, size})).run();
  if (open_descriptors() != before) fail("a descriptor of the host stays open");
  return 0;
}
