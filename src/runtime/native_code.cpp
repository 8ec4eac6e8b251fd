// See native_code.h.
#include "runtime/native_code.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <new>

#include "abi/builtins.h"
#include "abi/frame.h"
#include "platform/fault_handler.h"
#include "platform/signal_stack.h"
#include "runtime/builtins.h"
#include "runtime/code_symbols.h"

namespace waxwing::runtime {
namespace {

using abi::CodeFunc;
using abi::CodeImage;
using abi::CodeStubs;
using abi::CodeTables;
using platform::Fault;
using platform::FaultKind;
using syntax::TrapCode;

/// Accesses through a null reference are below: no system maps anything there.
constexpr uintptr_t null_end = 1u << 16;

std::unexpected<base::Error> does_not_fit() {
  return base::fail(base::ErrorCode::invalid_argument,
                    "an image of machine code does not fit the module: compile it again");
}

bool has_stubs(const CodeTables& tables, size_t text_bytes, const syntax::Module& module) {
  const auto& stubs = tables.stubs;
  const auto is_stub = [&](uint32_t offset) {
    return offset == CodeStubs::none || offset < text_bytes;
  };
  const std::initializer_list<std::span<const uint32_t>> lists = {
      stubs.enter, stubs.foreign,      stubs.builtins,
      stubs.traps, stubs.tail_foreign, stubs.check_type};
  return stubs.fault < text_bytes && stubs.leave < text_bytes && stubs.enter_end <= text_bytes &&
         is_stub(stubs.restore) && is_stub(stubs.enter_direct) &&
         stubs.enter.size() == module.types.size() && stubs.builtins.size() <= abi::builtin_count &&
         stubs.traps.size() <= std::size(syntax::trap_texts) &&
         std::ranges::all_of(
             lists,
             [&](std::span<const uint32_t> list) { return std::ranges::all_of(list, is_stub); });
}

/// Functions lie one behind the other, as lookups need it, and can be entered.
bool has_funcs(const CodeTables& tables, size_t text_bytes, const syntax::Module& module) {
  if (tables.funcs.size() != module.bodies.size()) return false;
  uint32_t end = tables.stubs.enter_end;
  uint32_t site = 0;
  uint32_t handler = 0;
  for (size_t i = 0; i < tables.funcs.size(); ++i) {
    const CodeFunc& func = tables.funcs[i];
    const syntax::TypeIdx type = module.funcs[syntax::FuncIdx(module.imported_funcs + i)];
    if (func.begin < end || func.end <= func.begin || func.first_site < site ||
        func.first_handler < handler || tables.stubs.enter[type.value] == CodeStubs::none) {
      return false;
    }
    end = func.end;
    site = func.first_site;
    handler = func.first_handler;
  }
  return end <= text_bytes && site <= tables.sites.size() && handler <= tables.handlers.size();
}

/// Every function can be entered, before it is compiled and when it is.
bool has_entries(const CodeImage& image, const syntax::Module& module) {
  const uint64_t count = module.bodies.size();
  const uint64_t end =
      count == 0 ? 0 : image.stubs.func_entries + count * CodeStubs::func_entry_bytes;
  if (end > image.text.size() || image.reserved_bytes < image.text.size()) return false;
  for (size_t i = 0; i < count; ++i) {
    const syntax::TypeIdx type = module.funcs[syntax::FuncIdx(module.imported_funcs + i)];
    if (image.stubs.enter[type.value] == CodeStubs::none) return false;
  }
  return true;
}

/// Whether a fault of that kind at that address is what an instruction that may trap with `code`
/// does. All else is a bug of ours, and must look like one.
bool is_trap(TrapCode code, const Fault& fault, const abi::VmContext& context) {
  const bool is_access = fault.kind == FaultKind::access || fault.kind == FaultKind::bus;
  if (code == TrapCode::out_of_bounds_memory)
    return is_access && instance_of(context).has_memory_at(fault.address);
  if (code == TrapCode::integer_divide_by_zero || code == TrapCode::integer_overflow)
    return fault.kind == FaultKind::arithmetic;
  if (is_access) return fault.kind == FaultKind::access && fault.address < null_end;
  return fault.kind == FaultKind::illegal_instruction;
}

const abi::VmContext* context_of_frame(uintptr_t frame_pointer) {
  const auto* frame = reinterpret_cast<const uint8_t*>(frame_pointer);
  return *reinterpret_cast<abi::VmContext* const*>(frame + abi::frame_context);
}

/// Not instrumented: what it calls has no type that the sanitizer knows.
#if defined(__clang__)
[[clang::no_sanitize("function")]]
#endif
uint32_t enter(const uint8_t* stub, abi::VmContext& context, const void* code, Slot* slots) {
  return reinterpret_cast<abi::EnterStub>(reinterpret_cast<uintptr_t>(stub))(&context, code, slots);
}

}  // namespace

base::Result<std::unique_ptr<NativeCode>> NativeCode::load(CodeImage image,
                                                           const syntax::Module& module,
                                                           FaultHandling faults) {
  const auto owner = std::make_shared<CodeImage>(std::move(image));
  auto code =
      load({.tables = owner->tables(), .owner = owner, .text = owner->text}, module, faults);
  owner->text = {};
  return code;
}

base::Result<std::unique_ptr<NativeCode>> NativeCode::load(CodePlace place,
                                                           const syntax::Module& module,
                                                           FaultHandling faults) {
  if (!has_stubs(place.tables, place.text.size(), module) ||
      !has_funcs(place.tables, place.text.size(), module)) {
    return does_not_fit();
  }
  std::unique_ptr<NativeCode> code(new NativeCode(place.tables, std::move(place.owner)));
  TRY(code->map_or_copy(place));
  TRY(code->start(module, faults));
  return code;
}

base::Result<std::unique_ptr<NativeCode>> NativeCode::load_lazy(
    CodeImage stubs, std::unique_ptr<abi::PieceCompiler> compiler, const syntax::Module& module,
    FaultHandling faults) {
  if (!has_stubs(stubs.tables(), stubs.text.size(), module) || !has_entries(stubs, module))
    return does_not_fit();
  const auto owner = std::make_shared<CodeImage>(std::move(stubs));
  std::unique_ptr<NativeCode> code(new NativeCode(owner->tables(), owner));
  TRY(code->publish_stubs(owner->text, std::move(compiler), module.bodies.size()));
  owner->text = {};
  TRY(code->start(module, faults));
  return code;
}

base::Result<> NativeCode::start(const syntax::Module& module, FaultHandling faults) {
  if (faults == FaultHandling::install) TRY(platform::install_fault_handler());
  TRY(fill_func_tables(module));
  range_ = TRY(platform::CodeRange::add(text_, &answer_fault, this));
  return {};
}

NativeCode::~NativeCode() {
  for (const auto& listener : listeners_) listener->code_unloaded(text_);
}

void NativeCode::announce(platform::CodeListeners listeners, const syntax::Module& module,
                          std::string_view name) {
  listeners_ = std::move(listeners);
  module_ = &module;
  module_name_ = name;
  std::vector<platform::NamedCode> parts;
  for (CodeSymbol& symbol : code_symbols(tables_, module, name)) {
    // An image's stubs need not lie where they should.
    const size_t begin = std::min<size_t>(symbol.begin, text_.size());
    const size_t end = std::clamp<size_t>(symbol.end, begin, text_.size());
    parts.push_back({std::move(symbol.name), text_.subspan(begin, end - begin)});
  }
  for (const auto& listener : listeners_) listener->code_loaded(parts);
}

/// Where the file system forbids running what is in it, as one without exec rights does, the text
/// is copied like one that is in no file.
base::Result<> NativeCode::map_or_copy(const CodePlace& place) {
  if (place.file != nullptr) {
    auto memory = platform::CodeMemory::map_file(*place.file, place.file_offset, place.text.size());
    if (memory) {
      memory_ = std::move(*memory);
      text_ = memory_.code();
      return {};
    }
  }
  return copy_text(place.text);
}

base::Result<> NativeCode::copy_text(base::ByteSpan text) {
  // Written once, in one piece: a second view would cost more than it saves. But there are hosts
  // that allow nothing else.
  auto memory = platform::CodeMemory::reserve(text.size(), platform::CodeMemory::Views::single);
  if (!memory && memory.error().code == base::ErrorCode::unsupported)
    memory = platform::CodeMemory::reserve(text.size(), platform::CodeMemory::Views::dual);
  memory_ = TRY(std::move(memory));
  std::ranges::copy(text, memory_.writable().data());
  text_ = TRY(memory_.publish(text.size()));
  memory_.seal();
  return {};
}

/// Code of functions will be written while stubs run: that takes two views, or a page for each.
base::Result<> NativeCode::publish_stubs(base::ByteSpan text,
                                         std::unique_ptr<abi::PieceCompiler> compiler,
                                         size_t funcs) {
  auto memory = TRY(platform::CodeMemory::reserve(tables_.reserved_bytes));
  std::ranges::copy(text, memory.writable().data());
  const std::span<const uint8_t> stubs = TRY(memory.publish(text.size()));
  text_ = {stubs.data(), memory.size()};
  lazy_ = std::make_unique<LazyCode>(std::move(memory), std::move(compiler), funcs);
  return {};
}

base::Result<> NativeCode::fill_func_tables(const syntax::Module& module) {
  const size_t count = module.bodies.size();
  // Not null where there are no functions either.
  code_ptrs_.reset(new (std::nothrow) std::atomic<const void*>[std::max<size_t>(count, 1)]);
  enter_.reset(new (std::nothrow) uint32_t[count]);
  if (!code_ptrs_ || !enter_) {
    return base::fail(base::ErrorCode::out_of_memory,
                      "no room for the addresses of " + std::to_string(count) + " functions");
  }
  imported_funcs_ = module.imported_funcs;
  for (size_t i = 0; i < count; ++i) {
    const syntax::TypeIdx type = module.funcs[syntax::FuncIdx(imported_funcs_ + i)];
    enter_[i] = tables_.stubs.enter[type.value];
    const uint8_t* const code = lazy_ ? entry_of(static_cast<uint32_t>(i)) + CodeStubs::first_call
                                      : text_.data() + tables_.funcs[i].begin;
    code_ptrs_[i].store(code, std::memory_order_release);
  }
  return {};
}

const void* NativeCode::record_code(uint32_t defined) const {
  const void* const code = code_ptrs_[defined].load(std::memory_order_acquire);
  if (!lazy_) return code;
  const uint8_t* const entry = entry_of(defined);
  return code == entry + CodeStubs::first_call ? entry : code;
}

base::Result<const void*> NativeCode::compile(uint32_t defined) const {
  if (!lazy_) return code_ptrs_[defined].load(std::memory_order_acquire);
  const LazyFunc* const func = TRY(lazy_->compile(defined));
  const void* const code = text_.data() + func->code.begin;
  // One of those who wait for the function tells of it: whoever is the first to store.
  const void* before = entry_of(defined) + CodeStubs::first_call;
  const bool is_first =
      code_ptrs_[defined].compare_exchange_strong(before, code, std::memory_order_acq_rel);
  if (is_first && module_ != nullptr) announce_func(*func);
  return code;
}

void NativeCode::announce_func(const LazyFunc& func) const {
  const syntax::FuncIdx index(module_->imported_funcs + func.index);
  const platform::NamedCode part{func_symbol(*module_, module_name_, index),
                                 text_.subspan(func.code.begin, func.code.end - func.code.begin)};
  for (const auto& listener : listeners_) listener->code_loaded({&part, 1});
}

bool NativeCode::find_func(uint32_t offset, FuncCode& func) const {
  if (lazy_) {
    const LazyFunc* const found = lazy_->find(offset);
    if (!found) return false;
    func = {found->index, found->code.frame_bytes, found->handlers};
    return true;
  }
  const CodeFunc* const found = tables_.find_func(offset);
  if (!found) return false;
  func = {static_cast<uint32_t>(found - tables_.funcs.data()), found->frame_bytes,
          tables_.handlers_of(*found)};
  return true;
}

const abi::CodeSite* NativeCode::find_site(uint32_t offset) const {
  if (!lazy_) return tables_.find_site(offset);
  const LazyFunc* const func = lazy_->find(offset);
  if (!func) return nullptr;
  const auto site = std::ranges::lower_bound(func->sites, offset, {}, &abi::CodeSite::code_offset);
  return site != func->sites.end() && site->code_offset == offset ? &*site : nullptr;
}

NativeEntries NativeCode::native_entries() const {
  return {.code = this, .code_ptrs = code_ptrs_.get(), .builtins = builtin_functions};
}

Outcome NativeCode::call(Instance& instance, syntax::FuncIdx func, Slot* args_and_results) const {
  Store& store = instance.store();
  if (!platform::has_signal_stack()) [[unlikely]] {
    if (auto ready = platform::ensure_signal_stack(); !ready)
      return store.set_trap(TrapCode::host_error, ready.error().message());
  }
  if (store.execution_state().exit_sp < store.wasm_stack().limit) [[unlikely]]
    return store.set_trap(TrapCode::call_stack_exhausted);
  const uint32_t defined = func.value - imported_funcs_;
  const void* code = code_ptrs_[defined].load(std::memory_order_acquire);
  const auto outcome = static_cast<Outcome>(
      enter(text_.data() + enter_[defined], instance.context(), code, args_and_results));
  if (outcome != Outcome::returned) store.execution_state().failure = 0;
  return outcome;
}

bool NativeCode::answer_fault(void* code, Fault& fault) {
  const auto& self = *static_cast<const NativeCode*>(code);
  platform::FaultRegisters& registers = fault.registers;
  const uintptr_t offset = registers.pc - reinterpret_cast<uintptr_t>(self.text_.data());
  const abi::CodeSite* site = self.find_site(static_cast<uint32_t>(offset));
  // Nobody has looked at the sites before.
  if (!site || site->trap == TrapCode::none) return false;
  if (static_cast<size_t>(site->trap) >= std::size(syntax::trap_texts)) return false;
  if (!is_trap(site->trap, fault, *context_of_frame(registers.frame_pointer()))) return false;
  registers.argument(0) = registers.pc;
  registers.argument(1) = static_cast<uintptr_t>(site->trap);
  registers.pc = reinterpret_cast<uintptr_t>(self.text_.data() + self.tables_.stubs.fault);
  return true;
}

}  // namespace waxwing::runtime
