// std::chrono's durations. Where the standard library has them apart, without the clocks, calendars
// and streams that come with <chrono>: those take a fifth of the time that all of waxwing.h takes.
#pragma once

#if __has_include(<bits/chrono.h>)
#include <bits/chrono.h>
#else
#include <chrono>
#endif
