# What every target of Waxwing is compiled with, and what of it is built. Nothing of this reaches a project that adds
# Waxwing as a part of itself.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)  # the target all_verify_interface_header_sets compiles each header alone

option(WAXWING_BUILD_CLI "Build the command line, waxwing" ${PROJECT_IS_TOP_LEVEL})
option(WAXWING_INSTALL "Install what is built" ${PROJECT_IS_TOP_LEVEL})
option(WAXWING_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})
option(WAXWING_TESTS "Build the tests (needs GoogleTest)" ${PROJECT_IS_TOP_LEVEL})
option(WAXWING_FUZZ "Build the libFuzzer targets of tests/fuzz (needs clang)" OFF)
option(WAXWING_UNITY "Compile the files of a layer eight at a time: less than half of the time for a whole build" OFF)
set(WAXWING_SANITIZE "" CACHE STRING "Sanitizers to build everything with, as -fsanitize takes them")

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Kind of build" FORCE)
endif()

find_program(WAXWING_CCACHE ccache)
if(WAXWING_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${WAXWING_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WAXWING_CCACHE})
endif()

add_library(waxwing_options INTERFACE)
target_compile_options(waxwing_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wswitch-enum -Wmissing-declarations
  $<$<NOT:$<BOOL:${WAXWING_UNITY}>>:-Wshadow>  # of files put together, each may call its own what it likes
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast -Wnon-virtual-dtor>
  $<$<BOOL:${WAXWING_WERROR}>:-Werror>
  -ffunction-sections -fdata-sections
  # Floats stay exactly IEEE 754; these only spare calls that set errno and let vectors be used. Never -ffast-math.
  -fno-math-errno -fno-trapping-math -ffp-contract=off)
target_link_options(waxwing_options INTERFACE -Wl,--gc-sections)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  target_compile_options(waxwing_options INTERFACE -march=x86-64-v2)
endif()

if(WAXWING_SANITIZE)
  # src/ is built without RTTI, so the tests, which have it, cannot check the type of what comes from there.
  add_compile_options(-fsanitize=${WAXWING_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -gline-tables-only)
  add_link_options(-fsanitize=${WAXWING_SANITIZE})
  if(WAXWING_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # The collector looks for references on the stack, where they must be then.
    add_compile_options(-fsanitize-address-use-after-return=never)
  endif()
endif()

if(WAXWING_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
