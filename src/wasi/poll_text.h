// What poll_oneoff waits for and what came of it, in words. For call_text.cpp.
#pragma once

#include <string>

#include "wasi/call_text.h"

namespace waxwing::wasi {

/// "[{userdata=0x1,clock=monotonic,timeout=5000}, {userdata=0x2,fd_read=0}]": a few entries of
/// `subscriptions` at most.
std::string subscriptions_text(const CallView& call, GuestVector subscriptions);
/// "[{userdata=0x2,fd_read,nbytes=6}]".
std::string events_text(const CallView& call, GuestVector events);

}  // namespace waxwing::wasi
