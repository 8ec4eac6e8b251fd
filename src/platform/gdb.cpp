// See gdb.h. The two symbols are global because the debugger knows them by name; they are weak, for
// a program may be linked with other compilers that bring theirs, and hidden in the shared library,
// where the debugger finds them unless it is stripped, so that nobody else's stand in for ours.
#include "platform/gdb.h"

#include <algorithm>
#include <elf.h>
#include <mutex>

#include "platform/records.h"

// The names and shapes are GDB's.
// NOLINTBEGIN(readability-identifier-naming, bugprone-reserved-identifier)
extern "C" {
struct jit_code_entry {
  jit_code_entry* next_entry;
  jit_code_entry* prev_entry;
  const char* symfile_addr;
  uint64_t symfile_size;
};

struct jit_descriptor {
  uint32_t version;
  uint32_t action_flag;
  jit_code_entry* relevant_entry;
  jit_code_entry* first_entry;
};

[[gnu::weak]] jit_descriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};

/// The debugger stops here. It must be called, and not be taken for a function without effect.
void __jit_debug_register_code();
[[gnu::weak, gnu::noinline]] void __jit_debug_register_code() { asm volatile("" ::: "memory"); }
}
// NOLINTEND(readability-identifier-naming, bugprone-reserved-identifier)

namespace waxwing::platform {
namespace {

enum Action : uint32_t { action_register = 1, action_unregister = 2 };

/// Of the one list that a process has.
std::mutex& list_mutex() {
  static std::mutex mutex;
  return mutex;
}

using namespace std::string_view_literals;
constexpr std::string_view section_names = "\0.text\0.symtab\0.strtab\0.shstrtab\0"sv;
static_assert(section_names.size() == 33);

enum Section : uint16_t { none, text, symbols, names, header_names, section_count };

Elf64_Shdr section(std::string_view name, uint32_t type, size_t offset, size_t size_bytes) {
  Elf64_Shdr header{};
  header.sh_name = static_cast<uint32_t>(section_names.find(name));
  header.sh_type = type;
  header.sh_offset = offset;
  header.sh_size = size_bytes;
  header.sh_addralign = 1;
  return header;
}

/// An executable whose text is elsewhere in memory, with a symbol for each of `parts`.
std::string make_elf(std::span<const NamedCode> parts, std::span<const uint8_t> code) {
  std::string name_bytes(1, '\0');
  std::string symbol_bytes;
  append(symbol_bytes, Elf64_Sym{});
  for (const NamedCode& part : parts) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<uint32_t>(name_bytes.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = text;
    symbol.st_value = reinterpret_cast<uintptr_t>(part.code.data());
    symbol.st_size = part.code.size();
    append(symbol_bytes, symbol);
    name_bytes.append(part.name).push_back('\0');
  }
  constexpr size_t begin = sizeof(Elf64_Ehdr) + section_count * sizeof(Elf64_Shdr);
  Elf64_Shdr sections[section_count] = {};
  sections[text] = section(".text", SHT_NOBITS, begin, code.size());
  sections[text].sh_addr = reinterpret_cast<uintptr_t>(code.data());
  sections[text].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  sections[text].sh_addralign = 16;
  sections[symbols] = section(".symtab", SHT_SYMTAB, begin, symbol_bytes.size());
  sections[symbols].sh_link = names;
  sections[symbols].sh_info = 1;  // the first that is global
  sections[symbols].sh_entsize = sizeof(Elf64_Sym);
  sections[symbols].sh_addralign = 8;
  sections[names] = section(".strtab", SHT_STRTAB, begin + symbol_bytes.size(), name_bytes.size());
  sections[header_names] =
      section(".shstrtab", SHT_STRTAB, begin + symbol_bytes.size() + name_bytes.size(),
              section_names.size());
  Elf64_Ehdr header{};
  std::copy_n(ELFMAG, SELFMAG, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
#if defined(__aarch64__)
  header.e_machine = EM_AARCH64;
#else
  header.e_machine = EM_X86_64;
#endif
  header.e_version = EV_CURRENT;
  header.e_shoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = section_count;
  header.e_shstrndx = header_names;
  std::string elf;
  elf.reserve(begin + symbol_bytes.size() + name_bytes.size() + section_names.size());
  append(elf, header);
  append(elf, sections);
  return elf.append(symbol_bytes).append(name_bytes).append(section_names);
}

class GdbSymbols final : public CodeListener {
 public:
  GdbSymbols() = default;
  GdbSymbols(const GdbSymbols&) = delete;
  GdbSymbols& operator=(const GdbSymbols&) = delete;
  ~GdbSymbols() override {
    const std::lock_guard lock(list_mutex());
    for (const auto& file : files_) remove(*file);
  }

  void code_loaded(std::span<const NamedCode> parts) override {
    if (parts.empty()) return;
    const uint8_t* begin = parts[0].code.data();
    const uint8_t* end = begin;
    for (const NamedCode& part : parts) {
      begin = std::min(begin, part.code.data());
      end = std::max(end, part.code.data() + part.code.size());
    }
    auto file = std::make_unique<File>(File{{begin, end}, make_elf(parts, {begin, end}), {}});
    const std::lock_guard lock(list_mutex());
    add(*file);
    files_.push_back(std::move(file));
  }

  void code_unloaded(std::span<const uint8_t> text) override {
    const std::lock_guard lock(list_mutex());
    std::erase_if(files_, [&](const std::unique_ptr<File>& file) {
      const bool goes =
          file->code.data() >= text.data() && file->code.data() < text.data() + text.size();
      if (goes) remove(*file);
      return goes;
    });
  }

 private:
  struct File {
    std::span<const uint8_t> code;
    std::string elf;
    jit_code_entry entry;
  };

  static void tell(Action action, jit_code_entry& entry) {
    __jit_debug_descriptor.relevant_entry = &entry;
    __jit_debug_descriptor.action_flag = action;
    __jit_debug_register_code();
    __jit_debug_descriptor.action_flag = 0;
  }

  static void add(File& file) {
    jit_code_entry*& first = __jit_debug_descriptor.first_entry;
    file.entry = {.next_entry = first,
                  .prev_entry = nullptr,
                  .symfile_addr = file.elf.data(),
                  .symfile_size = file.elf.size()};
    if (first != nullptr) first->prev_entry = &file.entry;
    first = &file.entry;
    tell(action_register, file.entry);
  }

  static void remove(File& file) {
    jit_code_entry& entry = file.entry;
    if (entry.next_entry != nullptr) entry.next_entry->prev_entry = entry.prev_entry;
    (entry.prev_entry != nullptr ? entry.prev_entry->next_entry
                                 : __jit_debug_descriptor.first_entry) = entry.next_entry;
    tell(action_unregister, entry);
  }

  std::vector<std::unique_ptr<File>> files_;  // where they are: the list points to them
};

}  // namespace

std::shared_ptr<CodeListener> make_gdb_symbols() { return std::make_shared<GdbSymbols>(); }

}  // namespace waxwing::platform
