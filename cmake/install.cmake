# What is installed besides the library (library.cmake): the programs, their manual and completion, the documentation.
# Components, which are the Debian packages too: library, development, programs.
include(GNUInstallDirs)
set(doc_dir ${CMAKE_INSTALL_DATAROOTDIR}/doc)

# What waxwing says of itself: pages for man, and scripts that shells complete by.
function(install_waxwing_manual_and_completion)
  set(folder ${PROJECT_BINARY_DIR}/package)
  set(outputs ${folder}/completion.bash ${folder}/_waxwing ${folder}/waxwing.fish ${folder}/man/waxwing.1)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${folder}/man
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}/man
    COMMAND waxwing man -o ${folder}/man
    COMMAND waxwing completion bash > ${folder}/completion.bash
    COMMAND waxwing completion zsh > ${folder}/_waxwing
    COMMAND waxwing completion fish > ${folder}/waxwing.fish
    DEPENDS waxwing COMMENT "Writing the manual and the shells' completion" VERBATIM)
  add_custom_target(waxwing_manual ALL DEPENDS ${outputs})
  set(data ${CMAKE_INSTALL_DATADIR})
  install(DIRECTORY ${folder}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
  install(FILES ${folder}/completion.bash DESTINATION ${data}/bash-completion/completions RENAME waxwing
          COMPONENT programs)
  install(FILES ${folder}/waxwing.fish DESTINATION ${data}/fish/vendor_completions.d COMPONENT programs)
  # Debian's zsh looks for what packages bring in a folder of its own.
  install(CODE "
    set(zsh_folder site-functions)
    if(EXISTS /etc/debian_version AND CMAKE_INSTALL_PREFIX MATCHES \"/usr$\")
      set(zsh_folder vendor-completions)
    endif()
    set(data_folder \"${data}\")
    if(NOT IS_ABSOLUTE \"\${data_folder}\")
      string(PREPEND data_folder \"\${CMAKE_INSTALL_PREFIX}/\")
    endif()
    file(INSTALL \"${folder}/_waxwing\" DESTINATION \"\${data_folder}/zsh/\${zsh_folder}\")"
          COMPONENT programs)
endfunction()

if(WAXWING_BUILD_CLI)
  install(TARGETS waxwing RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  foreach(helper waxwing-http waxwing-disassemble)  # waxwing finds them beside itself
    if(TARGET ${helper})
      install(TARGETS ${helper} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
    endif()
  endforeach()
  if(NOT CMAKE_CROSSCOMPILING AND NOT WAXWING_SANITIZE AND NOT WAXWING_FUZZ)
    install_waxwing_manual_and_completion()
  endif()
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc_dir}/waxwing COMPONENT programs RENAME copyright)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc_dir}/libwaxwing${WAXWING_SOVERSION} COMPONENT library
        RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${doc_dir}/libwaxwing-dev COMPONENT development RENAME copyright)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/ARCHITECTURE.md DESTINATION ${doc_dir}/libwaxwing-dev
        COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${doc_dir}/libwaxwing-dev COMPONENT development
        FILES_MATCHING PATTERN "*.md")
