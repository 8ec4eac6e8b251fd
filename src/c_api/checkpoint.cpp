// Checkpoints of calls of C's host functions.
#include "waxwing/checkpoint.h"

#include <utility>

#include "c_api/func.h"
#include "c_api/trap.h"
#include "c_api/types.h"
#include "c_api/value.h"
#include "c_api/vec.h"
#include "waxwing/c.h"

struct waxwing_checkpoint_t {
  waxwing::Checkpoint checkpoint;
};

using namespace waxwing::c_api;
using waxwing::ErrorCode;
using waxwing::Value;

waxwing_error_t* waxwing_caller_checkpoint(const waxwing_caller_t* caller,
                                           waxwing_checkpoint_t** out) {
  if (!caller || !out)
    return new_error(ErrorCode::invalid_argument, "there is no caller, or no place to write to");
  const auto taken = caller->caller.checkpoint();
  *out = taken ? new (std::nothrow) waxwing_checkpoint_t{*taken} : nullptr;
  return new_error(taken);
}

void waxwing_checkpoint_delete(waxwing_checkpoint_t* checkpoint) { delete checkpoint; }

waxwing_error_t* waxwing_caller_restore(const waxwing_caller_t* caller,
                                        const waxwing_checkpoint_t* checkpoint,
                                        const wasm_val_vec_t* results, wasm_trap_t** out) {
  if (!caller || !checkpoint || !out)
    return new_error(ErrorCode::invalid_argument, "there is no caller, checkpoint or place");
  *out = nullptr;
  const StorePtr store = caller->store.shared_from_this();
  std::vector<Value> values;
  for (const wasm_val_t& result : elements(results)) {
    const auto type = type_of(result.kind);
    if (!type) return new_error(ErrorCode::wrong_type, "a value is of no kind");
    auto value = to_cpp(store, result, *type);
    if (!value) return new_error(value);
    values.push_back(*std::move(value));
  }
  const auto error = caller->caller.restore(checkpoint->checkpoint, values).error();
  if (!error.trap()) return new_error(error);
  *out = new_host_trap(store, error, true);
  return nullptr;
}
