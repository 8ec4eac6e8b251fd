// Machine code of a module at work: in executable memory, called from the host by the array ABI,
// its faults turned into traps.
#pragma once

#include <memory>
#include <span>

#include "abi/code_image.h"
#include "platform/code_listener.h"
#include "platform/code_memory.h"
#include "platform/code_ranges.h"
#include "runtime/compiled_module.h"

namespace waxwing::runtime {

/// Who catches faults of machine code.
enum class FaultHandling : uint8_t {
  install,     // we do, from the first loaded code on
  host_owned,  // the host's signal handler calls platform::handle_fault
};

/// The machine code of one module, complete. Immutable, shared by threads and stores.
class NativeCode final : public ModuleCode {
 public:
  /// Makes `image` run. Fails with `invalid_argument` where it is no image of the module,
  /// `unsupported` where the host forbids executable memory, `out_of_memory`. Costs a copy of the
  /// text.
  static base::Result<std::unique_ptr<NativeCode>> load(abi::CodeImage image,
                                                        const syntax::Module& module,
                                                        FaultHandling faults);
  ~NativeCode() override;

  /// Tells `listeners` of the code, by the names of code_symbols.h, and of its end. At most once,
  /// before anybody else has it.
  void announce(platform::CodeListeners listeners, const syntax::Module& module,
                std::string_view name);

  Outcome call(Instance& instance, syntax::FuncIdx func, Slot* args_and_results) const override;
  NativeEntries native_entries() const override;

  /// CodeStubs::enter_direct where it runs, or null.
  const void* enter_direct() const {
    const uint32_t offset = image_.stubs.enter_direct;
    return offset == abi::CodeStubs::none ? nullptr : text_.data() + offset;
  }
  /// The tables of the image; its text is empty.
  const abi::CodeImage& image() const { return image_; }
  /// The text, where it runs.
  std::span<const uint8_t> text() const { return text_; }

 private:
  explicit NativeCode(abi::CodeImage image) : image_(std::move(image)) {}
  base::Result<> publish();
  base::Result<> fill_func_tables(const syntax::Module& module);
  static bool answer_fault(void* code, platform::Fault& fault);

  abi::CodeImage image_;
  platform::CodeMemory memory_;
  std::span<const uint8_t> text_;  // in memory_
  std::unique_ptr<std::atomic<const void*>[]> code_ptrs_;
  std::unique_ptr<uint32_t[]> enter_;  // by defined function: the offset of its type's entry stub
  uint32_t imported_funcs_ = 0;
  platform::CodeRange range_;
  platform::CodeListeners listeners_;
};

}  // namespace waxwing::runtime
