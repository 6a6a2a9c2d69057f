# What `cmake --install` puts where, and the Debian package that `cpack -G DEB` makes of it. All of it is the
# component "program"; the Python module is installed by its own build (pyproject.toml).
#
# The manual page and the completions are written by the program at install time, so they are those of the
# version that is installed (src/cli/manual.hpp).
include(GNUInstallDirs)
set(share ${CMAKE_INSTALL_DATADIR}/margincall)

install(TARGETS margincall RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
# Copies to read and to change: the program has all of them inside as builtin/... and looks for none here.
install(DIRECTORY scenarios DESTINATION ${share} COMPONENT program FILES_MATCHING PATTERN "*.toml")
install(FILES README.md CHANGELOG.md CONTRIBUTING.md CITATION.cff DESTINATION ${CMAKE_INSTALL_DOCDIR}
    COMPONENT program)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT program)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
    message(STATUS "no manual page and no completions: the program cannot run here")
else()
    set(pages ${CMAKE_BINARY_DIR}/pages)
    # page FORM FILE FOLDER: what `margincall manual FORM` prints.
    function(page form file folder)
        install(CODE "
            file(MAKE_DIRECTORY \"${pages}\")
            execute_process(COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} \"$<TARGET_FILE:margincall>\" manual ${form}
                OUTPUT_FILE \"${pages}/${file}\" COMMAND_ERROR_IS_FATAL ANY)"
            COMPONENT program)
        install(FILES ${pages}/${file} DESTINATION ${folder} COMPONENT program)
    endfunction()
    page(page margincall.1 ${CMAKE_INSTALL_MANDIR}/man1)
    page(bash margincall ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    page(zsh _margincall ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
    page(fish margincall.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

# Packing and installing need the program only; tests are not built for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME margincall)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Margincall authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "stress lab for leveraged crypto markets")
set(CPACK_PACKAGE_DESCRIPTION "Simulates a crash order by order: venues with their own margin rules, leveraged accounts,
market makers, liquidations, insurance funds, auto-deleveraging, and a chain with
lending, pools and a synthetic dollar. Also stresses a given account book.")
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};margincall;program;/")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_OUTPUT_FILE_PREFIX ${CMAKE_BINARY_DIR}/package)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
