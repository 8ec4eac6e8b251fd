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

/// The machine code of one module, shared by threads and stores. It is complete, or grows by
/// functions that are called for the first time; published code never changes.
class NativeCode final : public ModuleCode {
 public:
  /// Makes `image` run. Fails with `invalid_argument` where it is no image of the module,
  /// `unsupported` where the host forbids executable memory, `out_of_memory`. Costs a copy of the
  /// text.
  static base::Result<std::unique_ptr<NativeCode>> load(abi::CodeImage image,
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
    const uint32_t offset = image_.stubs.enter_direct;
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

  /// The tables of the image; its text is empty. Where functions are compiled at their first call
  /// it knows stubs only.
  const abi::CodeImage& image() const { return image_; }
  /// The text, where it runs.
  std::span<const uint8_t> text() const { return text_; }

 private:
  explicit NativeCode(abi::CodeImage image) : image_(std::move(image)) {}
  base::Result<> start(const syntax::Module& module, FaultHandling faults);
  base::Result<> publish();
  base::Result<> publish_stubs(std::unique_ptr<abi::PieceCompiler> compiler, size_t funcs);
  base::Result<> fill_func_tables(const syntax::Module& module);
  void announce_func(const LazyFunc& func) const;
  const uint8_t* entry_of(uint32_t defined) const {
    return text_.data() + image_.stubs.func_entries +
           size_t{defined} * abi::CodeStubs::func_entry_bytes;
  }
  static bool answer_fault(void* code, platform::Fault& fault);

  abi::CodeImage image_;
  platform::CodeMemory memory_;  // lazy_ has it, if there is one
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
