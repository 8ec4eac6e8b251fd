// See compile_scope.h.
#include "api/compile_scope.h"

#include "api/convert.h"
#include "platform/clock.h"

namespace waxwing::api {

CompileScope::CompileScope(Alarms& alarms, const CompileOptions& options)
    : alarms_(alarms), is_used_(options.timeout || options.stop.stop_possible()) {
  if (!is_used_) return;
  if (options.stop.stop_possible()) stop_.emplace(options.stop, Stop{flag_});
  if (options.timeout && options.timeout->count() <= 0)
    flag_.set(base::StopReason::deadline_exceeded);
  if (flag_.is_set()) {
    error_ = to_public(base::stopped_error(flag_));
    return;
  }
  if (!options.timeout) return;
  const auto alarm =
      alarms.set(platform::monotonic_ns() + static_cast<uint64_t>(options.timeout->count()),
                 [this] { flag_.set(base::StopReason::deadline_exceeded); });
  if (alarm)
    alarm_ = *alarm;
  else
    error_ = to_public(alarm.error());
}

CompileScope::~CompileScope() {
  if (alarm_) alarms_.cancel(*alarm_);
}

}  // namespace waxwing::api
