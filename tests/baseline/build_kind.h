// What the build that tests run in can and cannot do.
#pragma once

namespace waxwing::baseline {

#if defined(__SANITIZE_THREAD__)
#define WAXWING_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WAXWING_THREAD_SANITIZER
#endif
#endif

/// ThreadSanitizer keeps a signal until the thread calls something that it knows, which machine
/// code never does.
#if defined(WAXWING_THREAD_SANITIZER)
inline constexpr bool delivers_signals_at_once = false;
#else
inline constexpr bool delivers_signals_at_once = true;
#endif

}  // namespace waxwing::baseline
