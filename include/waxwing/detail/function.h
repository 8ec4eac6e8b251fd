// std::function. Where the standard library has it apart, without the hash tables and searchers
// that come with <functional>.
#pragma once

#if __has_include(<bits/std_function.h>)
#include <bits/std_function.h>
#else
#include <functional>
#endif
