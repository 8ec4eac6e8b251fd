// See perf.h.
#include "platform/perf.h"

#include <charconv>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/clock.h"
#include "platform/output_file.h"
#include "platform/posix.h"
#include "platform/records.h"

namespace waxwing::platform {
namespace {

FileResult<File> create(const std::string& path, bool reads) {
  // Its folder may be everybody's: what is there may be another's link to a file of ours.
  return open_host_path(path, {.read = reads,
                               .write = true,
                               .create = true,
                               .truncate = true,
                               .follow_final_symlink = false,
                               .mode = 0600});
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void append_hex(std::string& text, uint64_t number) {
  char digits[16];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number, 16).ptr);
}

class PerfMap final : public CodeListener {
 public:
  explicit PerfMap(File file) : file_(std::move(file)) {}

  void code_loaded(std::span<const NamedCode> parts) override {
    std::string lines;
    for (const NamedCode& part : parts) {
      append_hex(lines, reinterpret_cast<uintptr_t>(part.code.data()));
      lines += ' ';
      append_hex(lines, part.code.size());
      lines.append(" ").append(part.name).append("\n");
    }
    const std::lock_guard lock(mutex_);
    (void)write_all(file_, bytes_of(lines));
  }
  void code_unloaded(std::span<const uint8_t>) override {}

 private:
  std::mutex mutex_;
  File file_;
};

#if defined(__x86_64__)
constexpr uint32_t elf_machine = 62;
#elif defined(__aarch64__)
constexpr uint32_t elf_machine = 183;
#else
constexpr uint32_t elf_machine = 0;
#endif

struct JitdumpHeader {
  uint32_t magic = 0x4a695444;
  uint32_t version = 1;
  uint32_t size_bytes = sizeof(JitdumpHeader);
  uint32_t machine = elf_machine;
  uint32_t reserved = 0;
  uint32_t process = 0;
  uint64_t time_ns = 0;
  uint64_t flags = 0;
};
static_assert(sizeof(JitdumpHeader) == 40);

struct JitdumpRecord {
  enum Kind : uint32_t { load = 0, close = 3 };
  uint32_t kind = load;
  uint32_t size_bytes = sizeof(JitdumpRecord);
  uint64_t time_ns = 0;
};
static_assert(sizeof(JitdumpRecord) == 16);

/// Followed by the name, a zero, and the code.
struct JitdumpLoad {
  JitdumpRecord record;
  uint32_t process = 0;
  uint32_t thread = 0;
  uint64_t virtual_address = 0;
  uint64_t code_address = 0;
  uint64_t code_bytes = 0;
  uint64_t index = 0;
};
static_assert(sizeof(JitdumpLoad) == 56);

class Jitdump final : public CodeListener {
 public:
  explicit Jitdump(File file) : file_(std::move(file)) {}
  Jitdump(const Jitdump&) = delete;
  Jitdump& operator=(const Jitdump&) = delete;

  ~Jitdump() override {
    std::string bytes;
    append(bytes, JitdumpRecord{.kind = JitdumpRecord::close, .time_ns = monotonic_ns()});
    (void)write_all(file_, bytes_of(bytes));
    if (mark_ != MAP_FAILED) ::munmap(mark_, mark_bytes());
  }

  FileResult<> begin() {
    std::string bytes;
    append(bytes, JitdumpHeader{.process = process_, .time_ns = monotonic_ns()});
    TRY(write_all(file_, bytes_of(bytes)));
    // By this mapping, which it records, perf finds the file. Nobody runs what is in it.
    mark_ =
        ::mmap(nullptr, mark_bytes(), PROT_READ | PROT_EXEC, MAP_PRIVATE, file_.descriptor(), 0);
    if (mark_ == MAP_FAILED) return last_failure();
    return {};
  }

  void code_loaded(std::span<const NamedCode> parts) override {
    const std::lock_guard lock(mutex_);
    std::string bytes;
    for (const NamedCode& part : parts) {
      append_load(bytes, part);
      constexpr size_t much = size_t{1} << 20;
      if (bytes.size() < much) continue;
      (void)write_all(file_, bytes_of(bytes));
      bytes.clear();
    }
    (void)write_all(file_, bytes_of(bytes));
  }
  void code_unloaded(std::span<const uint8_t>) override {}

 private:
  static size_t mark_bytes() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }

  void append_load(std::string& bytes, const NamedCode& part) {
    const auto address = reinterpret_cast<uintptr_t>(part.code.data());
    JitdumpLoad load{.record = {.time_ns = monotonic_ns()},
                     .process = process_,
                     .thread = static_cast<uint32_t>(::gettid()),
                     .virtual_address = address,
                     .code_address = address,
                     .code_bytes = part.code.size(),
                     .index = next_index_++};
    load.record.size_bytes =
        static_cast<uint32_t>(sizeof load + part.name.size() + 1 + part.code.size());
    append(bytes, load);
    bytes.append(part.name).push_back('\0');
    bytes.append(reinterpret_cast<const char*>(part.code.data()), part.code.size());
  }

  std::mutex mutex_;
  File file_;
  const uint32_t process_ = static_cast<uint32_t>(::getpid());
  void* mark_ = MAP_FAILED;
  uint64_t next_index_ = 0;
};

}  // namespace

FileResult<std::shared_ptr<CodeListener>> make_perf_map() {
  // The folder is perf's choice: no variable changes it.
  return std::make_shared<PerfMap>(
      TRY(create("/tmp/perf-" + std::to_string(::getpid()) + ".map", false)));
}

std::string jitdump_path(std::string_view folder) {
  return std::string(folder) + "/jit-" + std::to_string(::getpid()) + ".dump";
}

FileResult<std::shared_ptr<CodeListener>> make_jitdump(std::string_view folder) {
  auto dump = std::make_shared<Jitdump>(TRY(create(jitdump_path(folder), true)));
  TRY(dump->begin());
  return dump;
}

}  // namespace waxwing::platform
