# libwaxwing: all layers of the public API as one shared object and one archive, and how they are installed.
#   BUILD_SHARED_LIBS  ON: the shared library alone; OFF: the static one alone; unset: both, and programs of this build,
#                      by add_subdirectory or FetchContent, get the static one as waxwing::waxwing
# Targets: waxwing::shared, waxwing::static, and waxwing::waxwing, which is one of them.
include(GNUInstallDirs)
include(CheckLinkerFlag)

# Relative relocations as a bitmap: an eighth of the library's bytes, and less to do when a program starts. The loader must
# know them (glibc since 2.36, musl since 1.2.4), and those that do not refuse the file.
check_linker_flag(CXX "LINKER:-z,pack-relative-relocs" WAXWING_HAS_PACKED_RELOCATIONS)
option(WAXWING_PACK_RELOCATIONS "Pack relocations; loaders before glibc 2.36 refuse the file" ON)
function(waxwing_pack_relocations target)
  if(WAXWING_PACK_RELOCATIONS AND WAXWING_HAS_PACKED_RELOCATIONS)
    target_link_options(${target} PRIVATE "LINKER:-z,pack-relative-relocs")
  endif()
endfunction()

# add_waxwing_libraries(TOP LAYER...): out of the layers that TOP is built on, its own name among them. The list
# public_layers names those whose objects have the public symbols.
function(add_waxwing_libraries top)
  set(objects $<TARGET_OBJECTS:waxwing_build_id>)
  set(public_objects "")
  foreach(layer IN LISTS ARGN)
    get_target_property(type waxwing_${layer} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
      list(APPEND objects $<TARGET_OBJECTS:waxwing_${layer}>)
      if(layer IN_LIST public_layers)
        list(APPEND public_objects $<TARGET_OBJECTS:waxwing_${layer}>)
      endif()
    endif()
  endforeach()
  set(kinds "")
  if(BUILD_SHARED_LIBS OR NOT DEFINED BUILD_SHARED_LIBS)
    list(APPEND kinds shared)
    add_waxwing_shared_library(waxwing_${top} "${public_objects}")
  endif()
  if(NOT BUILD_SHARED_LIBS)
    list(APPEND kinds static)
    add_library(waxwing_static STATIC ${objects})
    target_link_libraries(waxwing_static INTERFACE stdc++ m -pthread)  # which linkers of C do not add
  endif()
  foreach(kind IN LISTS kinds)
    add_library(waxwing::${kind} ALIAS waxwing_${kind})
    set_target_properties(waxwing_${kind} PROPERTIES
      OUTPUT_NAME waxwing EXPORT_NAME ${kind} LINKER_LANGUAGE CXX
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    target_compile_features(waxwing_${kind} INTERFACE cxx_std_23)  # for the headers of the C++ API
    target_include_directories(waxwing_${kind} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                               $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    set(usual ${kind})
  endforeach()
  add_library(waxwing::waxwing ALIAS waxwing_${usual})
  set(WAXWING_LIBRARY_KINDS ${kinds} PARENT_SCOPE)
endfunction()

# The objects of the public layers show what include/ marks; of all else, which comes out of archives, nothing is shown.
function(add_waxwing_shared_library top public_objects)
  set(map ${PROJECT_SOURCE_DIR}/cmake/waxwing.map)
  add_library(waxwing_shared SHARED ${public_objects})
  target_link_libraries(waxwing_shared PRIVATE ${top})
  set_target_properties(waxwing_shared PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${WAXWING_SOVERSION}
                        LINK_DEPENDS ${map})
  # It stays once it is loaded (nodelete): its handler of faults may be what another handler calls next, so nobody could
  # tell when it is safe to take the code away. dlclose and another dlopen work all the same.
  target_link_options(waxwing_shared PRIVATE -Wl,--version-script=${map} -Wl,--exclude-libs,ALL -Wl,--gc-sections
                      -Wl,--as-needed -Wl,-Bsymbolic-functions -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now)
  waxwing_pack_relocations(waxwing_shared)
  if(NOT WAXWING_SANITIZE AND NOT WAXWING_FUZZ)  # what those need is in the program
    target_link_options(waxwing_shared PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# install_waxwing_libraries(KIND...): with headers, and what CMake and pkg-config need to find them.
function(install_waxwing_libraries)
  include(CMakePackageConfigHelpers)
  set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/waxwing)
  set(generated ${PROJECT_BINARY_DIR}/package)
  set(module_dir ${PROJECT_SOURCE_DIR}/cmake)
  foreach(kind IN LISTS ARGN)
    install(TARGETS waxwing_${kind} EXPORT waxwing_${kind}_targets
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
    install(EXPORT waxwing_${kind}_targets FILE waxwing-${kind}-targets.cmake NAMESPACE waxwing::
            DESTINATION ${config_dir} COMPONENT development)
  endforeach()
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
          FILES_MATCHING PATTERN "*.h")

  configure_package_config_file(${module_dir}/waxwing-config.cmake.in ${generated}/waxwing-config.cmake
                                INSTALL_DESTINATION ${config_dir})
  # Before 1.0 a minor version may change everything.
  write_basic_package_version_file(${generated}/waxwing-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${generated}/waxwing-config.cmake ${generated}/waxwing-config-version.cmake
          DESTINATION ${config_dir} COMPONENT development)

  set(WAXWING_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
  if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})  # then the tree can be moved
    file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
    string(REGEX REPLACE "/$" "" up "${up}")
    set(WAXWING_PC_PREFIX "\${pcfiledir}/${up}")
  endif()
  foreach(folder LIBDIR INCLUDEDIR)
    set(WAXWING_PC_${folder} ${CMAKE_INSTALL_${folder}})
    if(NOT IS_ABSOLUTE ${CMAKE_INSTALL_${folder}})
      string(PREPEND WAXWING_PC_${folder} "\${prefix}/")
    endif()
  endforeach()
  set(needed_by_static "-lstdc++ -lm -pthread")
  set(WAXWING_PC_LIBS "-lwaxwing")
  set(WAXWING_PC_PRIVATE_LIBS "${needed_by_static}")
  if(NOT "shared" IN_LIST ARGN)
    string(APPEND WAXWING_PC_LIBS " ${needed_by_static}")
    set(WAXWING_PC_PRIVATE_LIBS "")
  endif()
  configure_file(${module_dir}/waxwing.pc.in ${generated}/waxwing.pc @ONLY)
  install(FILES ${generated}/waxwing.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endfunction()
