// See wait_budget.h.
#include "remote/wait_budget.h"

namespace waxwing::remote {

uint64_t WaitBudget::begin(uint64_t now_ns) {
  const uint64_t deadline = deadline_ns(now_ns);
  if (waiting_++ == 0) since_ns_ = now_ns;
  return deadline;
}

void WaitBudget::end(uint64_t now_ns) {
  if (--waiting_ == 0) waited_ns_ += now_ns - since_ns_;
}

uint64_t WaitBudget::waited_ns(uint64_t now_ns) const {
  return waited_ns_ + (waiting_ != 0 ? now_ns - since_ns_ : 0);
}

uint64_t WaitBudget::deadline_ns(uint64_t now_ns) const {
  const uint64_t waited = waited_ns(now_ns);
  const uint64_t left = waited < budget_ns_ ? budget_ns_ - waited : 0;
  return left < UINT64_MAX - now_ns ? now_ns + left : UINT64_MAX;
}

}  // namespace waxwing::remote
