// Reads whole files, and knows other formats by their first bytes.
#include "cli/module_file.h"

#include <algorithm>

#include "base/bytes.h"
#include "binary/reader.h"
#include "platform/file.h"
#include "runtime/text.h"
#include "syntax/limits.h"
#include "text/assembler.h"
#include "text/source_location.h"

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
     "WAXWING"sv,
     "this is what waxwing compile made of a module",
     "waxwing run --allow-precompiled FILE runs it"},
    {"\x7f"
     "ELF"sv,
     "this is a native program or library (ELF)", "run it without waxwing, or build it for WASI"},
    {"#!"sv, "this is a script", "run it without waxwing"},
    {"!<arch>"sv, "this is a library archive (ar)", "link it into a module first"},
    {"BC\xc0\xde"sv, "this is LLVM bitcode", "compile and link it to a module first"},
};

/// What `text` begins with behind white space and comments.
std::string_view behind_comments(std::string_view text) {
  for (;;) {
    const size_t start = text.find_first_not_of(" \t\r\n");
    if (start == text.npos) return {};
    text.remove_prefix(start);
    if (!text.starts_with(";;")) return text;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
}

/// Whether `text` begins like WebAssembly's text format.
bool is_text_format(std::string_view text) { return behind_comments(text).starts_with("("); }

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

/// Fails for what is neither a binary module nor text.
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
  if (behind_comments(text).starts_with("(component")) {
    return not_a_module(file, "this is the text of a WebAssembly component, not of a core module",
                        "write (module ...)");
  }
  if (is_text_format(text)) return {};
  if (is_printable(text)) {
    return not_a_module(
        file, "this is text, not a WebAssembly module",
        "a module is a binary file that starts with \\0asm, or text that starts with (module");
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

Failure module_failure(const std::string& name, const base::Error& error, bool cut_off) {
  Failure failure = failure_of(name, error);
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

namespace {

/// The contents of `file`, which begin like a module's.
Fallible<std::vector<uint8_t>> read_contents(const std::string& file, const File& input) {
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

/// `rendered`, which ends its last line, without that end.
Failure text_failure(std::string rendered) {
  rendered.pop_back();
  return {exit_code::cannot_load, std::move(rendered), {}};
}

}  // namespace

Fallible<ModuleSource> ModuleSource::read(const std::string& file) {
  return read(file, TRY(open_module(file)));
}

Fallible<ModuleSource> ModuleSource::read(const std::string& file, const File& input) {
  ModuleSource source(display_name(file), TRY(read_contents(file, input)));
  if (is_text_format(base::as_text(source.bytes()))) TRY(source.assemble(true));
  return source;
}

Fallible<ModuleSource> ModuleSource::read_text(const std::string& file, bool with_names) {
  const File input = TRY(open_module(file));
  ModuleSource source(display_name(file), TRY(read_contents(file, input)));
  if (!is_text_format(base::as_text(source.bytes()))) {
    return not_a_module(file, "this is no text",
                        "wat2wasm reads the text format; wasm2wat prints a binary module as text");
  }
  TRY(source.assemble(with_names));
  return source;
}

Fallible<> ModuleSource::assemble(bool with_names) {
  text_ = bytes_;
  const std::string_view text = base::as_text(*text_);
  auto assembled = text::assemble(text, {.name_section = with_names});
  if (!assembled) {
    return std::unexpected(text_failure(text::render_error(name_, text, assembled.error())));
  }
  bytes_ = std::make_shared<const std::vector<uint8_t>>(*std::move(assembled));
  return {};
}

Failure ModuleSource::failure(const base::Error& error) const {
  if (text_ == nullptr) return module_failure(name_, error, is_cut_off(bytes()));
  // Places are kept only now that one is asked for: nearly all modules are right.
  const std::string_view text = base::as_text(*text_);
  text::SourceMap places;
  base::Error placed = error;
  placed.offset = base::Error::no_offset;
  const bool is_assembled = text::assemble(text, {.source_map = &places}).has_value();
  if (is_assembled && error.offset != base::Error::no_offset) {
    const std::optional<size_t> offset = places.find(bytes(), error.offset);
    if (offset) placed.offset = *offset;
  }
  return text_failure(text::render_error(name_, text, placed));
}

}  // namespace waxwing::cli
