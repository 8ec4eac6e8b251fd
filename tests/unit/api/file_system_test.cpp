#include "waxwing/file_system.h"

#include <algorithm>
#include <map>
#include <set>

#include "../platform/temporary_directory.h"
#include "api/wasi_directories.h"
#include "api/wasi_stream.h"
#include "api_case.h"
#include "vfs/overlay.h"

namespace waxwing {
namespace {

using platform::failure;
using platform::TemporaryDirectory;
using platform::text_of;
using InnerError = platform::FileError;

constexpr platform::OpenOptions read_it = {.read = true};
constexpr platform::OpenOptions write_it = {.read = true, .write = true, .create = true};

std::string read(vfs::File& file, size_t size = 1000) {
  std::string text(size, '\0');
  const platform::IoBuffer buffer{reinterpret_cast<uint8_t*>(text.data()), size};
  const auto count = file.read({&buffer, 1});
  if (!count) return "! " + failure(count);
  text.resize(*count);
  return text;
}

std::string read(vfs::Directory& directory, std::string_view path) {
  auto opened = directory.open(path, read_it);
  if (!opened) return "! " + failure(opened);
  return opened->file ? read(*opened->file) : "! directory";
}

std::string list(vfs::Directory& directory) {
  std::string names;
  const auto reader = directory.reader().value();
  while (const auto entry = reader->next().value()) names += std::string(entry->name) + " ";
  return names;
}

/// An embedder's directory as WASI has it.
class FileSystem : public testing::Test {
 protected:
  std::shared_ptr<vfs::Directory> adapt(std::shared_ptr<FileNode> root) {
    return api::adapt(*detail::Access::core(store_), std::move(root), 7,
                      [] { return uint64_t{42}; });
  }

  Engine engine_;
  Store store_ = require(Store::create(engine_));
};

TEST_F(FileSystem, files_of_the_program_are_a_directory) {
  const std::map<std::string, std::string> contents = {
      {"a", "hello"}, {"dir/b", "bytes"}, {"dir/sub/c", ""}};
  const auto root = adapt(require(make_files(contents)));
  EXPECT_EQ(list(*root), ". .. a dir ");
  EXPECT_EQ(read(*root, "a"), "hello");
  EXPECT_EQ(read(*root, "dir/../dir/b"), "bytes");
  EXPECT_EQ(read(*root, "dir/sub/c"), "");
  EXPECT_EQ(read(*root, "dir"), "! directory");
  EXPECT_EQ(read(*root, "../a"), "! " + text_of(InnerError::perm));
  EXPECT_EQ(read(*root, "x"), "! " + text_of(InnerError::noent));
  EXPECT_EQ(read(*root, "a/x"), "! " + text_of(InnerError::notdir));
  EXPECT_EQ(failure(root->open("a", write_it)), text_of(InnerError::rofs));
  EXPECT_EQ(failure(root->open("new", write_it)), text_of(InnerError::rofs));
  EXPECT_EQ(failure(root->unlink("a")), text_of(InnerError::rofs));
  EXPECT_EQ(failure(root->rename("a", *root, "b")), text_of(InnerError::rofs));
  const auto file = root->open("dir/b", read_it)->file->stat();
  EXPECT_EQ(file->size_bytes, 5u);
  EXPECT_EQ(file->device, 7u);
  const auto reader = root->open("dir", read_it)->directory->reader().value();
  EXPECT_TRUE(reader->seek(2));
  EXPECT_EQ(reader->next().value()->inode, file->inode);
}

TEST_F(FileSystem, bytes_can_be_lent) {
  static constexpr uint8_t bytes[] = {'x', 'y'};
  const auto root = adapt(require(lend_files({{"f", bytes}})));
  const auto file = root->open("f", read_it)->file.release();
  EXPECT_EQ(file->seek(1, platform::Whence::set), 1u);
  EXPECT_EQ(read(*file), "y");
  delete file;
}

TEST_F(FileSystem, paths_of_files_are_checked) {
  for (const char* path : {"", "/a", "a/", "a//b", ".", "a/../b", "./a"}) {
    EXPECT_FALSE(make_files(std::vector<NamedFile>{{path, ""}})) << path;
  }
  EXPECT_FALSE(make_files(std::vector<NamedFile>{{std::string("a\0b", 3), ""}}));
  EXPECT_FALSE(make_files(std::vector<NamedFile>{{"a", ""}, {"a", ""}}));
  EXPECT_FALSE(make_files(std::vector<NamedFile>{{"a", ""}, {"a/b", ""}}));
  EXPECT_FALSE(make_files(std::vector<NamedFile>{{"a/b", ""}, {"a", ""}}));
}

/// A file that can be written, in a directory of one.
struct OneFile : FileNode {
  struct Contents : FileNode {
    struct Open : OpenFile {
      explicit Open(Contents& node) : file(node) {}
      FileResult<size_t> read(std::span<uint8_t> to, uint64_t offset) noexcept override {
        if (offset >= file.text.size()) return 0;
        return file.text.copy(reinterpret_cast<char*>(to.data()), to.size(), offset);
      }
      FileResult<size_t> write(std::span<const uint8_t> from, uint64_t offset) noexcept override {
        if (file.text.size() < offset + from.size()) file.text.resize(offset + from.size());
        std::copy(from.begin(), from.end(),
                  file.text.begin() + static_cast<std::ptrdiff_t>(offset));
        return from.size();
      }
      FileResult<> resize(uint64_t size) noexcept override {
        file.text.resize(size);
        return {};
      }
      Contents& file;
    };
    FileKind kind() const noexcept override { return FileKind::file; }
    FileResult<FileStatus> status() noexcept override {
      return FileStatus{.size_bytes = text.size()};
    }
    FileResult<std::unique_ptr<OpenFile>> open(FileAccess) noexcept override {
      return std::make_unique<Open>(*this);
    }
    FileResult<> set_times(std::optional<uint64_t> access,
                           std::optional<uint64_t> modify) noexcept override {
      times = {access, modify};
      return {};
    }
    std::string text;
    std::pair<std::optional<uint64_t>, std::optional<uint64_t>> times;
  };

  FileKind kind() const noexcept override { return FileKind::directory; }
  FileResult<std::shared_ptr<FileNode>> find(std::string_view name) noexcept override {
    asked.emplace_back(name);
    if (name == "file") return contents;
    return std::unexpected(WasiErrno::noent);
  }
  std::shared_ptr<Contents> contents = std::make_shared<Contents>();
  std::vector<std::string> asked;
};

TEST_F(FileSystem, what_is_written_goes_to_the_embedder) {
  const auto node = std::make_shared<OneFile>();
  const auto root = adapt(node);
  const auto file = std::move(root->open("file", write_it)->file);
  const auto write = [&](std::string_view text) {
    const platform::ConstIoBuffer buffers[] = {
        {reinterpret_cast<const uint8_t*>(text.data()), 1},
        {reinterpret_cast<const uint8_t*>(text.data()) + 1, text.size() - 1}};
    return file->write(buffers);
  };
  EXPECT_EQ(write("hello"), 5u);
  EXPECT_EQ(file->seek(-2, platform::Whence::end), 3u);
  EXPECT_EQ(read(*file), "lo");
  EXPECT_TRUE(file->set_append(true));
  EXPECT_EQ(file->seek(0, platform::Whence::set), 0u);
  EXPECT_EQ(write("!!"), 2u);
  EXPECT_EQ(node->contents->text, "hello!!");
  EXPECT_TRUE(file->truncate(2));
  EXPECT_EQ(node->contents->text, "he");
  EXPECT_TRUE(file->set_times({.kind = platform::NewTime::Kind::now}, {}));
  EXPECT_EQ(node->contents->times.first, 42u);
  EXPECT_FALSE(node->contents->times.second);
}

TEST_F(FileSystem, nodes_are_asked_for_names_alone) {
  const auto node = std::make_shared<OneFile>();
  const auto root = adapt(node);
  for (const char* path : {"./file", "../file", "/file", "..", "", "file/../file", "x/../file"}) {
    static_cast<void>(root->open(path, read_it));
  }
  static_cast<void>(root->open(std::string(256, 'n'), read_it));
  static_cast<void>(root->open(std::string("fi\0le", 5), read_it));
  for (const std::string& name : node->asked) EXPECT_TRUE(name == "file" || name == "x") << name;
}

TEST_F(FileSystem, devices_are_not_the_hosts_and_each_anothers) {
  const TemporaryDirectory directory;
  const auto files = require(make_files({{"a", "bytes"}}));
  WasiConfig config;
  config.memory_directories = {{.guest_path = "/1"}, {.guest_path = "/2"}};
  config.overlays = {{.host_path = directory / ".", .guest_path = "/3"},
                     {.guest_path = "/4", .files = files}};
  config.file_systems = {{.root = files, .guest_path = "/5"}, {.root = files, .guest_path = "/6"}};
  wasi::ContextConfig world;
  world.preopens =
      api::preopens_of(*detail::Access::core(store_), config, wasi::host_clocks()).value();
  const auto context = wasi::Context::create(std::move(world)).value();
  std::set<uint64_t> devices;
  for (uint32_t fd = 3; fd < 9; ++fd) {
    const auto descriptor = context->fds().get(fd, 0);
    ASSERT_TRUE(descriptor);
    devices.insert((*descriptor)->directory->stat()->device);
  }
  EXPECT_EQ(devices.size(), 6u);
  EXPECT_GT(*devices.begin(), UINT32_MAX);
}

/// Answers nonsense.
struct Liar : FileNode {
  struct Open : OpenFile {
    FileResult<size_t> read(std::span<uint8_t>, uint64_t) noexcept override { return SIZE_MAX; }
    FileResult<size_t> write(std::span<const uint8_t>, uint64_t) noexcept override {
      return SIZE_MAX;
    }
  };

  explicit Liar(FileKind kind_of_it) : kind_(kind_of_it) {}
  FileKind kind() const noexcept override { return kind_; }
  FileResult<FileStatus> status() noexcept override {
    return FileStatus{.size_bytes = UINT64_MAX, .link_count = 0};
  }
  FileResult<std::unique_ptr<OpenFile>> open(FileAccess access) noexcept override {
    if (access.write) return std::make_unique<Open>();
    return nullptr;
  }
  FileResult<std::string> target() noexcept override { return std::string("a\0b", 3); }
  FileResult<std::shared_ptr<FileNode>> find(std::string_view name) noexcept override {
    if (name == "file") return std::make_shared<Liar>(FileKind::file);
    if (name == "link") return std::make_shared<Liar>(FileKind::link);
    if (name == "dir") return std::make_shared<Liar>(FileKind::directory);
    if (name == "odd") return std::make_shared<Liar>(FileKind(77));
    if (name == "error") return std::unexpected(WasiErrno(9999));
    return nullptr;
  }
  FileResult<std::vector<FileEntry>> list() noexcept override {
    return std::vector<FileEntry>{{.name = ""},
                                  {.name = "."},
                                  {.name = ".."},
                                  {.name = "a/b"},
                                  {.name = std::string("a\0b", 3)},
                                  {.name = std::string(256, 'n')},
                                  {.name = "good", .kind = FileKind(77)}};
  }
  FileKind kind_;
};

struct SetClocks final : WasiClocks {
  uint64_t time_ns(WasiClock clock) noexcept override {
    return clock == WasiClock::realtime ? now_ns : 0;
  }
  uint64_t now_ns = 1000;
};

TEST_F(FileSystem, times_of_files_in_memory_are_of_the_embedders_clocks) {
  const auto clocks = std::make_shared<SetClocks>();
  const auto node = std::make_shared<OneFile>();
  WasiConfig config{.memory_directories = {{.guest_path = "/tmp"}},
                    .overlays = {{.guest_path = "/over", .files = require(make_files({}))}},
                    .file_systems = {{.root = node, .guest_path = "/own"}},
                    .clocks = clocks};
  const auto preopens = [&] {
    auto& core = *detail::Access::core(store_);
    wasi::ContextConfig world;
    EXPECT_TRUE(api::add_sources(core, config, world));
    return api::preopens_of(core, config, world.clocks).value();
  };
  const auto directories = preopens();
  const auto memory = directories[0].directory;
  const auto overlay = vfs::make_overlay(directories[1].directory, *directories[1].overlay);
  EXPECT_EQ(memory->stat()->modify_time_ns, 1000u);
  clocks->now_ns = 2000;
  for (const auto& directory : {memory, overlay}) {
    EXPECT_TRUE(directory->make_directory("new"));
    EXPECT_EQ(directory->stat_at("new", vfs::FinalLink::keep)->modify_time_ns, 2000u);
  }
  const platform::NewTime now{.kind = platform::NewTime::Kind::now};
  EXPECT_TRUE(directories[2].directory->set_times_at("file", vfs::FinalLink::keep, now, {}));
  EXPECT_EQ(node->contents->times.first, 2000u);
  config.clocks = nullptr;
  EXPECT_EQ(preopens()[0].directory->stat()->modify_time_ns, wasi::counting_begin_ns);
  config.host_clocks = true;
  EXPECT_GT(preopens()[0].directory->stat()->modify_time_ns, wasi::counting_begin_ns);
}

TEST_F(FileSystem, nonsense_does_no_harm) {
  const auto root = adapt(std::make_shared<Liar>(FileKind::directory));
  EXPECT_EQ(list(*root), ". .. good ");
  EXPECT_EQ(read(*root, "none"), "! " + text_of(InnerError::io));
  EXPECT_EQ(read(*root, "error"), "! " + text_of(InnerError::io));
  EXPECT_EQ(read(*root, "file"), "! " + text_of(InnerError::io));
  EXPECT_EQ(read(*root, "odd"), "! " + text_of(InnerError::acces));
  EXPECT_EQ(read(*root, "link"), "! " + text_of(InnerError::io));
  EXPECT_EQ(read(*root, "dir/dir/dir"), "! directory");
  EXPECT_EQ(failure(root->open("file", {.read = true, .write = true, .truncate = true})),
            text_of(InnerError::rofs));
  const auto file = std::move(root->open("file", {.read = true, .write = true})->file);
  EXPECT_EQ(read(*file), "! " + text_of(InnerError::io));
  EXPECT_EQ(file->stat()->size_bytes, uint64_t(INT64_MAX));
  EXPECT_TRUE(file->seek(0, platform::Whence::end));
  EXPECT_FALSE(file->seek(1, platform::Whence::end));
  EXPECT_EQ(read(*file), "! " + text_of(InnerError::inval)) << "there is no place behind it";
}

TEST_F(FileSystem, changes_to_nonsense_stay_in_memory) {
  const auto root = vfs::make_overlay(adapt(std::make_shared<Liar>(FileKind::directory)));
  EXPECT_EQ(failure(root->make_directory("dir/new")), text_of(InnerError::io));
  EXPECT_EQ(failure(root->remove_directory("dir")), text_of(InnerError::notempty));
  EXPECT_TRUE(root->open("file", {.read = true, .write = true, .truncate = true}));
  EXPECT_TRUE(root->unlink("file"));
  EXPECT_TRUE(root->rename("dir", *root, "file"));
  EXPECT_EQ(read(*root, "file/dir"), "! directory");
  EXPECT_EQ(failure(root->read_link("link")), text_of(InnerError::io));
  EXPECT_EQ(list(*root), ". .. good ") << "what it does not list is not listed";
}

/// A file that takes anything anywhere, and notes where.
struct Abyss : FileNode {
  struct Open : OpenFile {
    explicit Open(Abyss& node) : file(node) {}
    FileResult<size_t> write(std::span<const uint8_t> from, uint64_t offset) noexcept override {
      file.asked.push_back(offset + from.size());
      return from.size();
    }
    FileResult<> resize(uint64_t size) noexcept override {
      file.asked.push_back(size);
      return {};
    }
    Abyss& file;
  };
  FileKind kind() const noexcept override { return is_root ? FileKind::directory : FileKind::file; }
  FileResult<std::shared_ptr<FileNode>> find(std::string_view name) noexcept override {
    if (name == "f") return contents;
    return std::unexpected(WasiErrno::noent);
  }
  FileResult<FileStatus> status() noexcept override {
    return FileStatus{.size_bytes = 5, .link_count = 0};
  }
  FileResult<std::unique_ptr<OpenFile>> open(FileAccess) noexcept override {
    return std::make_unique<Open>(*this);
  }
  bool is_root = false;
  std::shared_ptr<Abyss> contents;
  std::vector<uint64_t> asked;
};

std::shared_ptr<Abyss> root_with_abyss() {
  const auto root = std::make_shared<Abyss>();
  root->is_root = true;
  root->contents = std::make_shared<Abyss>();
  return root;
}

TEST_F(FileSystem, files_are_asked_for_sizes_below_2_to_63_alone) {
  constexpr uint64_t last = INT64_MAX;
  const auto node = root_with_abyss();
  const std::vector<uint64_t>& asked = node->contents->asked;
  const auto file = std::move(adapt(node)->open("f", write_it)->file);
  EXPECT_TRUE(file->truncate(last));
  EXPECT_EQ(failure(file->truncate(last + 1)), text_of(InnerError::fbig));
  EXPECT_EQ(failure(file->truncate(UINT64_MAX)), text_of(InnerError::fbig));
  EXPECT_EQ(asked, std::vector<uint64_t>{last});
  const uint8_t byte = 'x';
  const platform::ConstIoBuffer parts[] = {{&byte, 1}, {&byte, 1}};
  EXPECT_EQ(file->write_at(parts, last - 1), 1u) << "what there is room for";
  EXPECT_EQ(failure(file->write_at(parts, last)), text_of(InnerError::inval));
  EXPECT_EQ(asked, (std::vector<uint64_t>{last, last}));
}

TEST_F(FileSystem, files_without_link_counts_have_one_name_in_an_overlay) {
  const auto root = vfs::make_overlay(adapt(root_with_abyss()));
  const auto links = [&](const char* path) {
    return root->stat_at(path, platform::FinalLink::keep)->link_count;
  };
  EXPECT_TRUE(root->open("f", write_it)->file->truncate(1));
  EXPECT_EQ(links("f"), 1u);
  EXPECT_TRUE(root->hard_link("f", *root, "g"));
  EXPECT_EQ(links("g"), 2u);
  EXPECT_TRUE(root->unlink("f"));
  EXPECT_EQ(links("g"), 1u);
}

/// Opens "a" in its directory, writes "J" to it, and prints what it has then.
constexpr std::string_view writer = R"((module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\01\00\00\00")  ;; [64, 65)
  (data (i32.const 8) "\80\00\00\00\64\00\00\00")  ;; [128, 228)
  (data (i32.const 64) "J")
  (data (i32.const 72) "a")
  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func (export "_start")
    (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 72) (i32.const 1) (i32.const 0)
      (i64.const 0x66) (i64.const 0) (i32.const 0) (i32.const 256)))
    (call $check (call $write (i32.load (i32.const 256)) (i32.const 0) (i32.const 1)
      (i32.const 260)))
    (call $check (call $seek (i32.load (i32.const 256)) (i64.const 0) (i32.const 0)
      (i32.const 264)))
    (call $check (call $read (i32.load (i32.const 256)) (i32.const 8) (i32.const 1)
      (i32.const 12)))
    (call $check (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 260)))))
)";

class Guests : public Tiers {
 protected:
  /// What it prints, or the errno that it ends with.
  std::string run(WasiConfig config) {
    const WasiBuffer output;
    config.standard_output = output;
    Linker own;
    require(own.wasi(std::move(config)));
    Store own_store = require(Store::create(engine));
    const auto instance = own.instantiate(own_store, compile(engine, writer));
    if (!instance) return instance.error().message();
    const int status = require(instance->run());
    return status == 0 ? output.text() : std::to_string(status);
  }
};

TEST_P(Guests, change_what_lies_under_an_overlay_for_themselves) {
  const TemporaryDirectory directory;
  directory.write("a", "hello");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(run({.overlays = {{.host_path = directory / ".", .guest_path = "/"}}}), "Jello");
    const std::map<std::string, std::string> contents = {{"a", "bytes"}};
    EXPECT_EQ(run({.overlays = {{.guest_path = "/", .files = require(make_files(contents))}}}),
              "Jytes");
  }
  EXPECT_EQ(run({.directories = {{.host_path = directory / ".", .guest_path = "/"}}}), "Jello");
}

TEST_P(Guests, use_file_systems_of_the_embedder) {
  const auto node = std::make_shared<OneFile>();
  EXPECT_EQ(run({.file_systems = {{.root = node, .guest_path = "/"}}}), "44") << "noent";
  const std::map<std::string, std::string> contents = {{"a", "bytes"}};
  EXPECT_EQ(run({.file_systems = {{.root = require(make_files(contents)), .guest_path = "/"}}}),
            "69")
      << "rofs";
  EXPECT_NE(run({.file_systems = {{.root = nullptr, .guest_path = "/"}}}).find("no directory"),
            std::string::npos);
  EXPECT_NE(
      run({.file_systems = {{.root = node->contents, .guest_path = "/"}}}).find("as its root"),
      std::string::npos);
}

/// Calls into the store when it is asked what it is.
struct Nosy : FileNode {
  FileKind kind() const noexcept override {
    const auto result = function->try_call({});
    answers.push_back(result ? "" : result.error().message());
    return FileKind::directory;
  }
  FileResult<FileStatus> status() noexcept override { return FileStatus(); }

  std::optional<Func> function;
  mutable std::vector<std::string> answers;
};

TEST_P(Guests, are_not_called_by_a_root_that_is_asked_what_it_is) {
  Store own_store = require(Store::create(engine));
  Linker own;
  const auto other =
      require(own.instantiate(own_store, compile(engine, R"((module (func (export "f"))))")));
  const auto root = std::make_shared<Nosy>();
  root->function = require(other.func("f"));
  require(own.wasi({.file_systems = {{.root = root, .guest_path = "/"}}}));
  require(own.instantiate(own_store, compile(engine, writer)));
  ASSERT_FALSE(root->answers.empty());
  for (const std::string& answer : root->answers) {
    EXPECT_NE(answer.find("cannot call in the store"), std::string::npos) << answer;
  }
}

INSTANTIATE_TEST_SUITE_P(tiers, Guests, testing::Values(Tier::interpreter, Tier::automatic),
                         tier_name);

}  // namespace
}  // namespace waxwing
