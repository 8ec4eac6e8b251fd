# Debian packages: `cpack -G DEB` in the build folder makes libwaxwing0.1, libwaxwing-dev and waxwing.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME waxwing)
set(CPACK_PACKAGE_VENDOR Waxwing)
set(CPACK_PACKAGE_CONTACT "The authors of Waxwing <waxwing@localhost>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/debian)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL development)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
find_program(WAXWING_SHLIBDEPS dpkg-shlibdeps DOC "Finds what packages depend on (Debian: dpkg-dev)")
if(WAXWING_SHLIBDEPS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libwaxwing-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "WebAssembly runtime: headers and libraries
 Embeds WebAssembly in programs in C++ and C: headers, the static library, and
 what CMake and pkg-config need to find them.")
if(TARGET waxwing_shared)
  set(library libwaxwing${WAXWING_SOVERSION})
  list(APPEND CPACK_COMPONENTS_ALL library)
  set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${library})
  set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
  set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "WebAssembly runtime: shared library
 What programs need that embed WebAssembly by the shared library.")
  set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${library} (= ${PROJECT_VERSION})")
endif()
if(WAXWING_BUILD_CLI)
  list(APPEND CPACK_COMPONENTS_ALL programs)
  set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME waxwing)
  set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION interpreters)
  set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION "WebAssembly runtime: command line
 Runs WebAssembly programs with WASI, and checks, shows, converts and compiles
 modules.")
endif()
include(CPack)
