// Builds a guest's world from what the embedder configured.
#include "wasi/context.h"

#include <limits>
#include <optional>
#include <utility>

#include "platform/poll.h"
#include "vfs/fifo.h"
#include "vfs/host.h"
#include "vfs/overlay.h"

namespace waxwing::wasi {
namespace {

using base::ErrorCode;
using platform::File;
using platform::FileKind;
using platform::FileResult;

base::Result<StringList> pack(std::vector<std::string> items, const char* what) {
  StringList list{.items = std::move(items)};
  uint64_t size_bytes = 0;
  for (const std::string& item : list.items) {
    if (item.find('\0') != std::string::npos) {
      return base::fail(ErrorCode::invalid_argument, std::string(what) + " holds a NUL byte");
    }
    size_bytes += item.size() + 1;
  }
  if (size_bytes > std::numeric_limits<int32_t>::max()) {
    return base::fail(ErrorCode::resource_limit, std::string(what) + " is too long");
  }
  list.size_bytes = static_cast<uint32_t>(size_bytes);
  return list;
}

base::Result<> check_env(const std::vector<std::string>& env) {
  for (const std::string& variable : env) {
    const size_t end_of_name = variable.find('=');
    if (end_of_name == std::string::npos || end_of_name == 0) {
      return base::fail(ErrorCode::invalid_argument,
                        "environment variable '" + variable + "' is not of the form NAME=VALUE");
    }
  }
  return {};
}

uint32_t flags_of(const platform::StatusFlags& status) {
  return (status.append ? fd_flags::append : 0) | (status.dsync ? fd_flags::dsync : 0) |
         (status.nonblock ? fd_flags::nonblock : 0) | (status.rsync ? fd_flags::rsync : 0) |
         (status.sync ? fd_flags::sync : 0);
}

bool has_hung_up(const File& file) {
  platform::PollItem item{.file = &file, .want_read = true};
  return platform::poll({&item, 1}, {.deadline_ns = 0}) && item.hung_up;
}

/// The same pipe or terminal through a description of our own, which can be non-blocking without
/// harm to others that have it open. None where that waits for writers that `file` has seen leave.
std::optional<File> description_of_our_own(const File& file, bool write) {
  FileResult<File> ours = vfs::reopen_nonblocking(file, write);
  if (!ours || (!write && has_hung_up(file) && !has_hung_up(*ours))) return std::nullopt;
  return *std::move(ours);
}

bool is_socket(FileKind kind) {
  return kind == FileKind::stream_socket || kind == FileKind::datagram_socket;
}

Rights rights_of_stream(FileKind kind, bool is_terminal) {
  switch (kind) {
    case FileKind::regular_file:
    case FileKind::block_device: return rights::of_file;
    case FileKind::character_device: return is_terminal ? rights::of_terminal : rights::of_file;
    case FileKind::directory: return rights::of_any;
    case FileKind::unknown:
    case FileKind::symbolic_link:
    case FileKind::stream_socket:
    case FileKind::datagram_socket:
    case FileKind::fifo: return rights::of_stream;
  }
  return 0;
}

/// What `access` leaves of the rights to a stream of that kind.
Rights rights_for(FileKind kind, bool is_terminal, Rights access) {
  constexpr Rights changes =
      rights::fd_allocate | rights::fd_filestat_set_size | rights::fd_filestat_set_times;
  Rights refused = (rights::fd_read | rights::fd_write) & ~access;
  if ((access & rights::fd_write) == 0) refused |= changes;
  return rights_of_stream(kind, is_terminal) & ~refused;
}

/// Asked once for each file or directory that a guest is given, and not for each write.
bool has_size_limit() { return platform::file_size_limit() != UINT64_MAX; }

base::Result<Descriptor> host_stream(File file, Rights access, const char* name) {
  const bool write = access == rights::fd_write;
  if (!file.stat()) {  // not open, perhaps closed by whoever started us
    FileResult<File> null = platform::open_host_path("/dev/null", {.read = !write, .write = write});
    if (!null) return std::unexpected(platform::describe(null.error(), name));
    file = std::move(*null);
  }
  const FileResult<platform::StatusFlags> status = file.status_flags();
  if (!status) return std::unexpected(platform::describe(status.error(), name));
  const bool is_terminal = file.kind() == FileKind::character_device && file.is_terminal();

  Descriptor stream;
  stream.type = file_type(file.kind());
  stream.flags = flags_of(*status);
  stream.is_shared = true;
  stream.rights_base = rights_for(file.kind(), is_terminal, access);
  // What goes to the end leaves alone what others wrote there.
  if (status->append) stream.rights_base &= ~(rights::fd_allocate | rights::fd_filestat_set_size);
  if (is_terminal || file.kind() == FileKind::fifo) {
    stream.blocking = status->nonblock ? Blocking::reported : Blocking::asked;
    if (std::optional<File> ours = description_of_our_own(file, write)) {
      file = std::move(*ours);
      stream.blocking = Blocking::reported;
      stream.is_shared = false;
    }
  }
  // That the host's descriptor does not block is its own affair.
  stream.flags &= ~fd_flags::nonblock;
  if (is_socket(file.kind())) {
    stream.blocking = Blocking::reported;
    stream.rights_base &= ~rights::sock_accept;  // the host's listener may block
    stream.file = std::make_unique<vfs::HostSocket>(std::move(file));
  } else {
    const bool guards = write && file.kind() == FileKind::regular_file && has_size_limit();
    stream.file = std::make_unique<vfs::HostFile>(std::move(file), guards);
  }
  return stream;
}

/// Unless it reports that it would block, whoever makes it sees to its waiting.
Descriptor other_stream(std::unique_ptr<vfs::File> file, Rights access) {
  Descriptor stream;
  stream.type = file_type(file->kind());
  stream.rights_base = rights_for(file->kind(), file->is_terminal(), access);
  stream.is_shared = true;
  if (file->reports_blocking()) stream.blocking = Blocking::reported;
  stream.file = std::move(file);
  return stream;
}

}  // namespace

base::Result<> Context::add_stream(StandardStream stream, Rights access, const char* name) {
  auto* const host = std::get_if<File>(&stream);
  Descriptor made = host ? TRY(host_stream(std::move(*host), access, name))
                         : other_stream(std::get<1>(std::move(stream)), access);
  if (!fds_.insert(std::move(made))) return base::fail(ErrorCode::resource_limit, name);
  return {};
}

base::Result<> Context::add_preopen(const Preopen& preopen, platform::Resolver resolver) {
  const std::string what = "cannot preopen directory '" + preopen.host_path + "'";
  if (preopen.guest_path.empty() || preopen.guest_path.find('\0') != std::string::npos) {
    return base::fail(ErrorCode::invalid_argument, what + ": its name for the guest is no path");
  }
  std::shared_ptr<vfs::Directory> directory = preopen.directory;
  if (directory == nullptr) {
    auto opened = vfs::open_host_directory(
        preopen.host_path, {.special_files = preopen.special_files,
                            .guards_size_limit = !preopen.read_only && has_size_limit(),
                            .resolver = resolver});
    if (!opened) return std::unexpected(platform::describe(opened.error(), what));
    directory = *std::move(opened);
  }
  if (preopen.overlay) directory = vfs::make_overlay(std::move(directory), *preopen.overlay);
  Descriptor descriptor;
  descriptor.directory = std::move(directory);
  descriptor.type = FileType::directory;
  descriptor.rights_base = rights::of_directory;
  descriptor.rights_inheriting = rights::all;
  descriptor.is_preopen = true;
  descriptor.mount = std::make_shared<Mount>(
      Mount{.guest_path = preopen.guest_path, .read_only = preopen.read_only});
  if (!fds_.insert(std::move(descriptor))) {
    return base::fail(ErrorCode::resource_limit, what + ": too many descriptors");
  }
  return {};
}

base::Result<> Context::add_socket(PreopenedSocket preopened) {
  Descriptor descriptor;
  descriptor.type = file_type(preopened.socket->kind());
  descriptor.rights_base = rights::of_stream;
  descriptor.rights_inheriting = preopened.socket->is_listener() ? rights::of_stream : 0;
  descriptor.flags = preopened.nonblocking ? fd_flags::nonblock : 0;
  descriptor.blocking = Blocking::reported;
  descriptor.file = std::move(preopened.socket);
  if (!fds_.insert(std::move(descriptor))) {
    return base::fail(ErrorCode::resource_limit, "cannot give a socket: too many descriptors");
  }
  return {};
}

base::Result<std::shared_ptr<Context>> Context::create(ContextConfig config) {
  std::shared_ptr<Context> context(new Context(config));
  TRY(check_env(config.env));
  context->args_ = TRY(pack(std::move(config.args), "an argument"));
  context->env_ = TRY(pack(std::move(config.env), "an environment variable"));
  context->clocks_ = config.clocks ? std::move(config.clocks) : host_clocks();
  context->random_ = config.random ? std::move(config.random) : host_random();
  TRY(context->add_stream(std::move(config.standard_input), rights::fd_read, "standard input"));
  TRY(context->add_stream(std::move(config.standard_output), rights::fd_write, "standard output"));
  TRY(context->add_stream(std::move(config.standard_error), rights::fd_write, "standard error"));
  for (const Preopen& preopen : config.preopens) {
    TRY(context->add_preopen(preopen, config.resolver));
  }
  for (PreopenedSocket& socket : config.sockets) TRY(context->add_socket(std::move(socket)));
  return context;
}

WasiResult<const platform::WakeEvent*> Context::wake_event() {
  if (!wake_event_) wake_event_ = TRY(as_wasi(platform::WakeEvent::create()));
  return &*wake_event_;
}

}  // namespace waxwing::wasi
