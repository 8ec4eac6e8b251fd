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

#if defined(WAXWING_THREAD_SANITIZER) || defined(__SANITIZE_ADDRESS__) || !defined(NDEBUG)
#define WAXWING_SLOW_BUILD
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WAXWING_SLOW_BUILD
#endif
#endif

#if defined(WAXWING_SLOW_BUILD)
inline constexpr bool is_slow_build = true;
#else
inline constexpr bool is_slow_build = false;
#endif

}  // namespace waxwing::baseline
