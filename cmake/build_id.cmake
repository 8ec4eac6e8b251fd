# What tells one build's code and images from another's: SHA-256 over sources, compiler and flags. No path of this machine
# and no time is in it, so that two machines that build the same can share a cache. Two halves: a module for
# src/CMakeLists.txt, and the script that it has run when a source changed:
#   cmake -DROOT=DIR -DALL=LIST -DABI=LIST -DFACTS=FILE -DTEMPLATE=FILE -DOUTPUT=FILE -P build_id.cmake
# LIST is a file of paths from DIR, one a line. In TEMPLATE, @BUILD_ID@ stands for the digest of FACTS and of all sources of
# ALL, @ABI_HASH@ for that of the sources of ABI alone.

# waxwing_digest_sources(RESULT ROOT LIST): one digest over the names and contents of the files in LIST, in the order of
# names.
function(waxwing_digest_sources result root list)
  file(STRINGS ${list} paths)
  list(SORT paths)
  set(text "")
  foreach(path IN LISTS paths)
    file(SHA256 ${root}/${path} digest)
    string(APPEND text "${digest} ${path}\n")
  endforeach()
  string(SHA256 digest "${text}")
  set(${result} ${digest} PARENT_SCOPE)
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  waxwing_digest_sources(sources ${ROOT} ${ALL})
  waxwing_digest_sources(ABI_HASH ${ROOT} ${ABI})
  file(SHA256 ${FACTS} facts)
  string(SHA256 BUILD_ID "${facts} ${sources}")
  configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
  return()
endif()

# waxwing_build_facts(RESULT): what of compiler and flags can change what this build compiles or how it reads images, a line
# each.
function(waxwing_build_facts result)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" kind)
  get_target_property(options waxwing_options INTERFACE_COMPILE_OPTIONS)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${kind}}")
  get_directory_property(directory_options COMPILE_OPTIONS)
  get_directory_property(definitions COMPILE_DEFINITIONS)
  set(kept "")
  foreach(flag IN LISTS flags options directory_options)
    # Warnings change no code, and maps of paths are there to keep paths out of it.
    if(NOT flag MATCHES "^-W([^alp]|[alp][^,])|:-W|prefix-map=")
      string(REPLACE "${PROJECT_SOURCE_DIR}" "." flag "${flag}")
      list(APPEND kept "${flag}")
    endif()
  endforeach()
  set(${result} "compiler ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_CXX_COMPILER_TARGET}
system ${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}
flags ${kept}
definitions ${definitions}
" PARENT_SCOPE)
endfunction()

# add_waxwing_build_id(TARGET TEMPLATE LAYER...): the library TARGET is TEMPLATE, a .cpp.in, filled in for the sources of the
# layers. It is a library of its own so that it waits for no other, and that its file alone is compiled again when a source
# changes.
function(add_waxwing_build_id target template)
  set(folder ${PROJECT_BINARY_DIR}/build_id)
  set(root ${CMAKE_CURRENT_SOURCE_DIR})
  set(all "")
  set(abi "")
  foreach(layer IN LISTS ARGN)
    file(GLOB sources RELATIVE ${root} CONFIGURE_DEPENDS ${root}/${layer}/*.cpp ${root}/${layer}/*.h
         ${root}/${layer}/*.def ${root}/${layer}/*/*.cpp ${root}/${layer}/*/*.h ${root}/${layer}/*/*.def)
    list(APPEND all ${sources})
    # What compiled code and the runtime agree on: the ABI and the code that emits calls by it, and the types, objects and
    # numbers that offsets and constants in machine code come from.
    if(layer MATCHES "^(syntax|runtime|image)$")
      list(FILTER sources INCLUDE REGEX "\\.(h|def)$")
    elseif(NOT layer MATCHES "^(abi|codegen)$")
      set(sources "")
    endif()
    list(APPEND abi ${sources})
  endforeach()
  waxwing_build_facts(facts)
  list(JOIN all "\n" all_lines)
  list(JOIN abi "\n" abi_lines)
  file(CONFIGURE OUTPUT ${folder}/all.txt CONTENT "${all_lines}\n" @ONLY)
  file(CONFIGURE OUTPUT ${folder}/abi.txt CONTENT "${abi_lines}\n" @ONLY)
  file(CONFIGURE OUTPUT ${folder}/facts.txt CONTENT "${facts}" @ONLY)
  get_filename_component(name ${template} NAME_WLE)  # without .in
  set(output ${folder}/${name})
  set(script ${PROJECT_SOURCE_DIR}/cmake/build_id.cmake)
  list(TRANSFORM all PREPEND ${root}/ OUTPUT_VARIABLE dependencies)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DROOT=${root} -DALL=${folder}/all.txt -DABI=${folder}/abi.txt -DFACTS=${folder}/facts.txt
            -DTEMPLATE=${root}/${template} -DOUTPUT=${output} -P ${script}
    DEPENDS ${dependencies} ${folder}/all.txt ${folder}/abi.txt ${folder}/facts.txt ${root}/${template} ${script}
    COMMENT "Naming this build"
    VERBATIM)
  add_library(${target} STATIC ${output})
  target_include_directories(${target} PRIVATE ${root})
  target_link_libraries(${target} PRIVATE waxwing_options)
endfunction()
