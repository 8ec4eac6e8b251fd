// The time of one compilation, and how it is told to end.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "api/alarms.h"
#include "base/stop_flag.h"
#include "waxwing/engine.h"

namespace waxwing::api {

/// From the beginning of a compilation to its end.
class CompileScope {
 public:
  /// `alarms` must outlive it. Where `error` has one, nothing may begin.
  CompileScope(Alarms& alarms, const CompileOptions& options);
  CompileScope(const CompileScope&) = delete;
  CompileScope& operator=(const CompileScope&) = delete;
  ~CompileScope();

  const std::optional<Error>& error() const { return error_; }
  /// What the work looks at; null where nothing can stop it.
  const base::StopFlag* flag() const { return is_used_ ? &flag_ : nullptr; }

 private:
  struct Stop {
    base::StopFlag& flag;
    void operator()() const { flag.set(base::StopReason::interrupted); }
  };

  Alarms& alarms_;
  base::StopFlag flag_;
  bool is_used_;
  std::optional<Alarms::Id> alarm_;
  std::optional<std::stop_callback<Stop>> stop_;
  std::optional<Error> error_;
};

}  // namespace waxwing::api
