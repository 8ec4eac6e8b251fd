// Host functions in C: what is told of them, and how they are called.
#pragma once

#include "c_api/ref.h"
#include "wasm.h"
#include "waxwing/c.h"
#include "waxwing/host_func.h"

struct waxwing_caller_t {
  waxwing::c_api::StoreState& store;
  waxwing::Caller& caller;
};

namespace waxwing::c_api {

/// A function of C, by one of its signatures.
struct HostCode {
  std::variant<wasm_func_callback_t, wasm_func_callback_with_env_t, waxwing_callback_t,
               waxwing_slots_callback_t>
      call;
  std::shared_ptr<const HostInfo> env = {};
};

/// Null: nothing is wrong with the type and the code. A host function's type has no index: that
/// means something in a module only.
std::optional<Error> find_fault(const wasm_functype_t* type, const HostCode& code);
/// REQUIRES: find_fault finds none.
Result<Func> make_host_func(const StorePtr& store, const FuncType& type, HostCode code);

/// The signature of a handle's function; `store_closed` where there is none.
Result<const Signature*> signature_of(const FuncHandle& handle);

}  // namespace waxwing::c_api
