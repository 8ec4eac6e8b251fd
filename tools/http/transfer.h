// A request by libcurl.
#pragma once

#include "remote/message.h"

namespace waxwing::http {

/// Where the body is that is sent or received.
inline constexpr int body_descriptor = 3;

/// Makes the request, within its times. Not thread-safe. Ends early where nobody reads descriptor 1
/// any more.
remote::TransferReply transfer(const remote::TransferRequest& request);

}  // namespace waxwing::http
