// Reads whole files, and knows other formats by their first bytes.
#include "cli/module_file.h"

#include <algorithm>

#include "base/bytes.h"
#include "binary/reader.h"
#include "platform/file.h"
#include "runtime/text.h"
#include "syntax/limits.h"

namespace waxwing::cli {
namespace {

using namespace std::string_view_literals;
using platform::File;
using platform::FileError;
using platform::FileKind;

struct Format {
  std::string_view start;
  std::string_view what;
  std::string_view hint;
};

constexpr Format formats[] = {
    {"\x1f\x8b"sv, "this is compressed with gzip", "gunzip it first: zcat FILE | waxwing run -"},
    {"\x28\xb5\x2f\xfd"sv, "this is compressed with zstd",
     "unpack it first: zstdcat FILE | waxwing run -"},
    {"PK\x03\x04"sv, "this is a ZIP archive", "unpack it first"},
    {"BZh"sv, "this is compressed with bzip2", "unpack it first: bzcat FILE | waxwing run -"},
    {"\xfd"
     "7zXZ"sv,
     "this is compressed with xz", "unpack it first: xzcat FILE | waxwing run -"},
    {"\x7f"
     "ELF"sv,
     "this is a native program or library (ELF)", "run it without waxwing, or build it for WASI"},
    {"#!"sv, "this is a script", "run it without waxwing"},
    {"!<arch>"sv, "this is a library archive (ar)", "link it into a module first"},
    {"BC\xc0\xde"sv, "this is LLVM bitcode", "compile and link it to a module first"},
};

constexpr std::string_view text_hint = "assemble it first: wat2wasm FILE.wat -o FILE.wasm";

/// Whether `text` begins like WebAssembly's text format: "(", behind white space and comments.
bool is_text_format(std::string_view text) {
  for (;;) {
    const size_t start = text.find_first_not_of(" \t\r\n");
    if (start == text.npos) return false;
    text.remove_prefix(start);
    if (!text.starts_with(";;"))
      return text.starts_with("(module") || text.starts_with("(;") ||
             text.starts_with("(component");
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text.substr(0, 512), [](char c) {
    return uint8_t(c) >= 0x20 || c == '\n' || c == '\r' || c == '\t';
  });
}

std::unexpected<Failure> not_a_module(const std::string& file, std::string_view what,
                                      std::string_view hint) {
  return fail(exit_code::cannot_load, display_name(file) + ": " + std::string(what),
              std::string(hint));
}

Fallible<> check_format(const std::string& file, base::ByteSpan bytes) {
  const std::string_view text = base::as_text(bytes);
  if (text.empty()) {
    return not_a_module(file, "the file is empty", "was it built or downloaded completely?");
  }
  if (text.starts_with("\0asm"sv)) return {};
  for (const Format& format : formats) {
    if (text.starts_with(format.start)) {
      return not_a_module(file, std::string(format.what) + ", not a WebAssembly module",
                          format.hint);
    }
  }
  if (is_text_format(text)) {
    return not_a_module(file, "this is WebAssembly's text format, not a binary module", text_hint);
  }
  if (is_printable(text)) {
    return not_a_module(file, "this is text, not a WebAssembly module",
                        "a module is a binary file and starts with \\0asm");
  }
  return {};  // the decoder says what it finds
}

std::unexpected<Failure> open_failure(const std::string& file, FileError error) {
  const bool is_absent = error == FileError::noent || error == FileError::notdir;
  const std::string name = runtime::printable(file);
  return fail(is_absent ? exit_code::not_found : exit_code::cannot_load,
              name + ": " + std::string(platform::file_error_text(error)),
              is_absent && file_exists(file + ".wasm") ? "did you mean " + name + ".wasm?" : "");
}

Fallible<File> open_module(const std::string& file) {
  if (file == "-") return File::standard_input();
  auto opened = platform::open_host_path(file, {.read = true});
  if (!opened) return open_failure(file, opened.error());
  if (opened->kind() == FileKind::directory) {
    return fail(exit_code::cannot_load, runtime::printable(file) + ": this is a directory",
                "name the module in it; a directory for the program is given with --dir");
  }
  return *std::move(opened);
}

std::unexpected<Failure> read_failure(const std::string& file, FileError error) {
  return fail(exit_code::cannot_load,
              display_name(file) + ": " + std::string(platform::file_error_text(error)));
}

/// Whether the last section of a malformed module says that it is longer than what is there.
bool is_cut_off(base::ByteSpan bytes) {
  constexpr size_t header_size_bytes = 8;
  if (bytes.size() < header_size_bytes) return true;
  binary::Reader reader(bytes.subspan(header_size_bytes));
  while (reader.ok() && !reader.at_end()) {
    reader.u8();
    const uint32_t size_bytes = reader.u32();
    if (size_bytes > reader.remaining()) return true;
    reader.bytes(size_bytes);
  }
  return !reader.ok();
}

Failure module_failure(const std::string& file, const base::Error& error, bool cut_off) {
  Failure failure = failure_of(display_name(file), error);
  if (cut_off && base::error_class(error.code) == base::ErrorClass::malformed) {
    failure.hint = "the file ends too early; was it copied or downloaded completely?";
  }
  return failure;
}

}  // namespace

bool file_exists(std::string_view path) { return platform::open_host_path(path, {}).has_value(); }

std::string display_name(std::string_view file) {
  return file == "-" ? "standard input" : runtime::printable(file);
}

Fallible<std::vector<uint8_t>> read_module(const std::string& file) {
  const File input = TRY(open_module(file));
  const auto stat = input.stat();
  if (!stat) return read_failure(file, stat.error());
  // One byte more than is expected, so that the read that fills the buffer also sees the end.
  constexpr size_t first_size = size_t(1) << 16;
  std::vector<uint8_t> bytes;
  size_t size = 0;
  bytes.resize(stat->kind == FileKind::regular_file
                   ? size_t(std::min(stat->size_bytes, syntax::max_module_size)) + 1
                   : first_size);
  for (;;) {
    if (size == bytes.size()) bytes.resize(size * 2);
    const platform::IoBuffer rest{bytes.data() + size, bytes.size() - size};
    const auto count = input.read({&rest, 1});
    if (!count) return read_failure(file, count.error());
    if (*count == 0) break;
    size += *count;
    if (size > syntax::max_module_size) {
      return fail(exit_code::cannot_load, display_name(file) + ": larger than a module may be");
    }
  }
  bytes.resize(size);
  TRY(check_format(file, bytes));
  return bytes;
}

Fallible<std::shared_ptr<const runtime::CompiledModule>> compile_module(
    const engine::Engine& engine, const std::string& file) {
  std::vector<uint8_t> bytes = TRY(read_module(file));
  const bool cut_off = is_cut_off(bytes);
  auto compiled = engine.compile(std::move(bytes));
  if (!compiled) return std::unexpected(module_failure(file, compiled.error(), cut_off));
  return *std::move(compiled);
}

}  // namespace waxwing::cli
