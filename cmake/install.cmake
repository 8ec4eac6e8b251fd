# What is installed besides the library (library.cmake): the programs and the documentation.
include(GNUInstallDirs)

if(WAXWING_BUILD_CLI)
  install(TARGETS waxwing RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  foreach(helper waxwing-http waxwing-disassemble)  # waxwing finds them beside itself
    if(TARGET ${helper})
      install(TARGETS ${helper} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
    endif()
  endforeach()
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development
        FILES_MATCHING PATTERN "*.md")
