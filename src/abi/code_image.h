// Machine code of a module with what the runtime must know about it. It has no relocation and no
// absolute address: it runs wherever its bytes lie. All offsets are in bytes from the start of the
// text.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

#include "syntax/limits.h"
#include "syntax/trap.h"

namespace waxwing::abi {

/// An instruction that may fault, or a call's last byte (return addresses less one): where it is in
/// the function's body.
struct CodeSite {
  static constexpr uint32_t max_body_offset = (1u << 27) - 1;

  uint32_t code_offset = 0;
  uint32_t body_offset : 27 = 0;                       // at most max_body_offset
  syntax::TrapCode trap : 5 = syntax::TrapCode::none;  // what a fault here means; none: calls

  CodeSite() = default;
  CodeSite(uint32_t code, uint32_t body, syntax::TrapCode fault)
      : code_offset(code), body_offset(body & max_body_offset), trap(fault) {}
};
static_assert(sizeof(CodeSite) == 8 && std::has_unique_object_representations_v<CodeSite>,
              "large modules have millions");
static_assert(CodeSite::max_body_offset >= syntax::max_func_body_size - 1);
static_assert(std::size(syntax::trap_texts) <= 32);

/// Exceptions that leave a call in [begin, end) go to `target`, if they have the tag. A function's
/// handlers are in the order in which they are asked. Return addresses less one count. At `target`
/// the builtins' result register has the exception, and those for the context, memory 0 and the
/// frame are right; all others hold anything, those too that a callee leaves as they were.
struct CodeHandler {
  static constexpr uint32_t all_tags = UINT32_MAX;
  /// Catches nothing: passes over the next `target` handlers of the function.
  static constexpr uint32_t skips = UINT32_MAX - 1;

  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t target = 0;
  uint32_t tag = all_tags;  // TagIdx of the module, or one of the above
};

/// The code of one function. What follows it up to the next function is padding.
struct CodeFunc {
  uint32_t begin = 0;  // also where it is called
  uint32_t end = 0;
  uint32_t frame_bytes =
      0;  // of the frame's stack pointer below its frame pointer, outside of calls
  uint32_t first_site = 0;  // of CodeImage::sites, by rising code_offset
  uint32_t first_handler = 0;
};

/// The stubs that every image has, and those for each type of function. They lie before the
/// functions. `Offsets` is a list of uint32_t.
template <typename Offsets>
struct BasicCodeStubs {
  static constexpr uint32_t none = UINT32_MAX;

  uint32_t enter_end = 0;  // `enter_direct` and the stubs of `enter` are all that lies before it: a
                           // walk that finds a return address there has met the activation's end
  uint32_t enter_direct = none;  // enters functions of all types that fit: abi/direct_call.h
  uint32_t fault = none;         // where a thread that faulted goes on; see FaultEntry
  uint32_t leave = none;         // ends the activation; its outcome is in ExecutionState::result
  uint32_t restore = none;       // the return address in frames of tail calls to other instances
  uint32_t restore_end = none;
  Offsets enter = {};    // by TypeIdx; none where no function has the type
  Offsets foreign = {};  // by TypeIdx; none where no code calls by it
  // What code calls besides, none where it does not. The runtime needs them for names only.
  Offsets builtins = {};      // by BuiltinId
  Offsets traps = {};         // by TrapCode
  Offsets tail_foreign = {};  // by TypeIdx, the first of equal types only
  Offsets check_type = {};    // by TypeIdx
  /// Where functions are compiled when they are first called: the first of an entry for each, in
  /// their order. It jumps to where VmContext::code_ptrs says; at first that is `first_call` in the
  /// entry itself, which has the function compiled.
  uint32_t func_entries = none;
  static constexpr uint32_t func_entry_bytes = 32;
  static constexpr uint32_t first_call = 16;
};

using CodeStubs = BasicCodeStubs<std::vector<uint32_t>>;

/// What the runtime must know about a text, wherever that lies: views of tables that somebody else
/// keeps. Tables of an image that damage or a foreign hand changed are wrong, not unsafe, to look
/// things up in, once NativeCode::load has taken them.
struct CodeTables {
  std::span<const CodeFunc> funcs;  // by defined function, in the order of their code
  std::span<const CodeSite> sites;  // by rising code_offset
  std::span<const CodeHandler> handlers;
  BasicCodeStubs<std::span<const uint32_t>> stubs = {};
  /// Accesses to 32-bit memories are not all checked: some count on a fault behind the memory's 4
  /// GiB. Only an image that says false may run on a memory without a guard.
  bool relies_on_guards = true;
  /// Functions count in VmLayout::counters.
  bool has_counters = false;
  /// Where functions are compiled when they are first called: what the text may grow to. Then it
  /// has stubs alone, and no functions.
  uint32_t reserved_bytes = 0;

  /// The function whose code has that offset, or null: stubs have none. Logarithmic time.
  const CodeFunc* find_func(uint32_t code_offset) const {
    const auto after = std::ranges::upper_bound(funcs, code_offset, {}, &CodeFunc::begin);
    if (after == funcs.begin()) return nullptr;
    const CodeFunc& func = *std::prev(after);
    return code_offset < func.end ? &func : nullptr;
  }
  /// The site at exactly that offset, or null. Logarithmic time.
  const CodeSite* find_site(uint32_t code_offset) const {
    const auto site = std::ranges::lower_bound(sites, code_offset, {}, &CodeSite::code_offset);
    return site != sites.end() && site->code_offset == code_offset ? &*site : nullptr;
  }
  /// REQUIRES: `func` is one of `funcs`.
  std::span<const CodeHandler> handlers_of(const CodeFunc& func) const {
    const size_t index = static_cast<size_t>(&func - funcs.data());
    const size_t end = index + 1 < funcs.size() ? funcs[index + 1].first_handler : handlers.size();
    return handlers.subspan(func.first_handler, end - func.first_handler);
  }
};

/// What a compiler makes: a text, and the tables of CodeTables.
struct CodeImage {
  std::vector<uint8_t> text;  // constants included
  std::vector<CodeFunc> funcs;
  std::vector<CodeSite> sites;
  std::vector<CodeHandler> handlers;
  CodeStubs stubs;
  bool relies_on_guards = true;
  bool has_counters = false;
  uint32_t reserved_bytes = 0;

  /// Valid while this lives and nothing is added to it.
  CodeTables tables() const {
    return {.funcs = funcs,
            .sites = sites,
            .handlers = handlers,
            .stubs = {.enter_end = stubs.enter_end,
                      .enter_direct = stubs.enter_direct,
                      .fault = stubs.fault,
                      .leave = stubs.leave,
                      .restore = stubs.restore,
                      .restore_end = stubs.restore_end,
                      .enter = stubs.enter,
                      .foreign = stubs.foreign,
                      .builtins = stubs.builtins,
                      .traps = stubs.traps,
                      .tail_foreign = stubs.tail_foreign,
                      .check_type = stubs.check_type,
                      .func_entries = stubs.func_entries},
            .relies_on_guards = relies_on_guards,
            .has_counters = has_counters,
            .reserved_bytes = reserved_bytes};
  }
  /// As of CodeTables.
  const CodeFunc* find_func(uint32_t code_offset) const { return tables().find_func(code_offset); }
  const CodeSite* find_site(uint32_t code_offset) const { return tables().find_site(code_offset); }
  std::span<const CodeHandler> handlers_of(const CodeFunc& func) const {
    return tables().handlers_of(func);
  }
};

// By C's convention, as x86-64's System V ABI has it.

/// A stub of CodeStubs::enter: calls `code`, a function of that type, in `context`'s instance with
/// arguments and results by the array ABI. Results are written only where it returned. Returns the
/// EntryOutcome. Checks no stack limit: prologues do.
using EnterStub = uint32_t (*)(struct VmContext* context, const void* code,
                               uint64_t* args_and_results);

/// How a fault in a function goes on at CodeStubs::fault: with rsp and rbp as they are in its
/// frame, these in the registers of C's first two arguments: the pc of the fault, and the TrapCode.
/// The stub calls raise_trap as if the function had done so at that pc: the return address less one
/// is the pc.

}  // namespace waxwing::abi
