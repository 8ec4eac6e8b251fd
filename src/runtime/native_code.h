// Machine code of a module at work: in executable memory, called from the host by the array ABI,
// its faults turned into traps.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "abi/code_image.h"
#include "platform/code_listener.h"
#include "platform/code_memory.h"
#include "platform/code_ranges.h"
#include "platform/file.h"
#include "runtime/compiled_module.h"
#include "runtime/lazy_code.h"

namespace waxwing::runtime {

/// Who catches faults of machine code.
enum class FaultHandling : uint8_t {
  install,     // we do, from the first loaded code on
  host_owned,  // the host's signal handler calls platform::handle_fault
};

/// A function's code with its tables.
struct FuncCode {
  uint32_t index = 0;  // from the first defined one
  uint32_t frame_bytes = 0;
  std::span<const abi::CodeHandler> handlers;
};

/// Where machine code is that somebody else keeps.
struct CodePlace {
  abi::CodeTables tables;
  std::shared_ptr<const void> owner;  // of the tables
  base::ByteSpan text;                // while it is loaded
  /// The file that the text is in too, from `file_offset` on, a multiple of the page size; null
  /// where it is in none. It need not stay open, but nobody may write to it any more.
  const platform::File* file = nullptr;
  uint64_t file_offset = 0;
};

/// The machine code of one module, shared by threads and stores. It is complete, or grows by
/// functions that are called for the first time; published code never changes.
class NativeCode final : public ModuleCode {
 public:
  /// Makes `image` run. Fails with `invalid_argument` where it is no image of the module,
  /// `unsupported` where the host forbids executable memory, `out_of_memory`. Costs a copy of the
  /// text; its sites and handlers are not looked at.
  static base::Result<std::unique_ptr<NativeCode>> load(abi::CodeImage image,
                                                        const syntax::Module& module,
                                                        FaultHandling faults);
  /// The same, of code that is in a file: the text is mapped where the host allows that, and copied
  /// else.
  static base::Result<std::unique_ptr<NativeCode>> load(CodePlace place,
                                                        const syntax::Module& module,
                                                        FaultHandling faults);
  /// The same, of an image of stubs: functions are compiled when they are first called.
  static base::Result<std::unique_ptr<NativeCode>> load_lazy(
      abi::CodeImage stubs, std::unique_ptr<abi::PieceCompiler> compiler,
      const syntax::Module& module, FaultHandling faults);
  ~NativeCode() override;

  /// Tells `listeners` of the code, by the names of code_symbols.h, and of its end; of functions
  /// that are compiled later, when they are. At most once, before anybody else has it. `module`
  /// must live as long as this.
  void announce(platform::CodeListeners listeners, const syntax::Module& module,
                std::string_view name);

  Outcome call(Instance& instance, syntax::FuncIdx func, Slot* args_and_results) const override;
  NativeEntries native_entries() const override;

  /// CodeStubs::enter_direct where it runs, or null.
  const void* enter_direct() const {
    const uint32_t offset = tables_.stubs.enter_direct;
    return offset == abi::CodeStubs::none ? nullptr : text_.data() + offset;
  }
  /// What a function's record holds: its code, or where it is compiled. `defined` counts from the
  /// first defined function.
  const void* record_code(uint32_t defined) const;
  /// Where the function is called from now on; it is compiled where it has no code. Thread-safe.
  /// Errors: LazyCode::compile.
  base::Result<const void*> compile(uint32_t defined) const;

  /// The function whose code has that offset; false where there is none. Logarithmic time;
  /// async-signal-safe.
  bool find_func(uint32_t offset, FuncCode& func) const;
  /// The site at exactly that offset, or null. As above.
  const abi::CodeSite* find_site(uint32_t offset) const;

  /// Where functions are compiled at their first call these know stubs only.
  const abi::CodeTables& tables() const { return tables_; }
  /// The text, where it runs.
  std::span<const uint8_t> text() const { return text_; }

 private:
  NativeCode(const abi::CodeTables& tables, std::shared_ptr<const void> owner)
      : tables_(tables), owner_(std::move(owner)) {}
  base::Result<> start(const syntax::Module& module, FaultHandling faults);
  base::Result<> map_or_copy(const CodePlace& place);
  base::Result<> copy_text(base::ByteSpan text);
  base::Result<> publish_stubs(base::ByteSpan text, std::unique_ptr<abi::PieceCompiler> compiler,
                               size_t funcs);
  base::Result<> fill_func_tables(const syntax::Module& module);
  void announce_func(const LazyFunc& func) const;
  const uint8_t* entry_of(uint32_t defined) const {
    return text_.data() + tables_.stubs.func_entries +
           size_t{defined} * abi::CodeStubs::func_entry_bytes;
  }
  static bool answer_fault(void* code, platform::Fault& fault);

  abi::CodeTables tables_;
  std::shared_ptr<const void> owner_;  // of them
  platform::CodeMemory memory_;        // lazy_ has it, if there is one
  std::unique_ptr<LazyCode> lazy_;
  std::span<const uint8_t> text_;  // with room for what is not compiled yet
  std::unique_ptr<std::atomic<const void*>[]> code_ptrs_;
  std::unique_ptr<uint32_t[]> enter_;  // by defined function: the offset of its type's entry stub
  uint32_t imported_funcs_ = 0;
  platform::CodeRange range_;
  platform::CodeListeners listeners_;
  const syntax::Module* module_ = nullptr;  // where there are listeners
  std::string module_name_;
};

}  // namespace waxwing::runtime
