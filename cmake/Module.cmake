# ark_embed_text(out module file symbol): `out` is a source that defines std::string_view ark::module::symbol(), the text of
# the file. Configured again when the file changes. The module's header declares it.
function(ark_embed_text out module file symbol)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    file(READ ${file} text)
    set(source src/${module}/${file})
    configure_file(${CMAKE_SOURCE_DIR}/cmake/embedded_text.cpp.in ${symbol}.cpp @ONLY)
    set(${out} ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp PARENT_SCOPE)
endfunction()

# ark_module(name HEADERS … SOURCES … DEPS … PRIVATE_DEPS … LIBS … PRIVATE_LIBS … TESTS … TEST_DEPS … BENCHES … FUZZERS …)
#
# One static library ark::name from src/name, its unit tests as one binary (ctest -R ^name), its benchmarks and fuzz targets.
#   HEADERS       public headers: other modules may include these, nothing else of the folder
#   DEPS          modules that appear in public headers;  PRIVATE_DEPS only in .cpp files
#   LIBS          third_party::x visible in public headers; PRIVATE_LIBS only in .cpp files
#   FUZZERS       x_fuzz.cpp: one libFuzzer binary each, corpus in fuzz/corpus/x
# tools/check_layers.py reads these calls: an include of a module that is not listed here fails the tests.
function(ark_module name)
    cmake_parse_arguments(M "" ""
        "HEADERS;SOURCES;DEPS;PRIVATE_DEPS;LIBS;PRIVATE_LIBS;TESTS;TEST_DEPS;TEST_LIBS;BENCHES;FUZZERS" ${ARGN})
    if(M_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "ark_module(${name}): unknown arguments ${M_UNPARSED_ARGUMENTS}")
    endif()

    list(TRANSFORM M_DEPS PREPEND "ark::")
    list(TRANSFORM M_PRIVATE_DEPS PREPEND "ark::")
    list(TRANSFORM M_TEST_DEPS PREPEND "ark::")
    list(TRANSFORM M_LIBS PREPEND "third_party::")
    list(TRANSFORM M_PRIVATE_LIBS PREPEND "third_party::")
    list(TRANSFORM M_TEST_LIBS PREPEND "third_party::")

    if(M_SOURCES)
        add_library(ark_${name} STATIC ${M_SOURCES})
        ark_merge_library(ark_${name})
        set(scope PUBLIC)
        target_link_libraries(ark_${name} PUBLIC ${M_DEPS} ${M_LIBS} PRIVATE ${M_PRIVATE_DEPS} ${M_PRIVATE_LIBS} ark_warnings)
    else()
        add_library(ark_${name} INTERFACE)
        set(scope INTERFACE)
        target_link_libraries(ark_${name} INTERFACE ${M_DEPS} ${M_LIBS})
    endif()
    add_library(ark::${name} ALIAS ark_${name})
    target_include_directories(ark_${name} ${scope} ${CMAKE_SOURCE_DIR}/src)

    if(ARK_TESTS AND M_TESTS)
        add_executable(${name}_test ${M_TESTS})
        target_link_libraries(${name}_test PRIVATE ark::${name} ${M_PRIVATE_DEPS} ${M_TEST_DEPS} ${M_TEST_LIBS}
            GTest::gmock GTest::gtest_main ark_warnings)
        ark_merge_test(${name}_test)
        gtest_discover_tests(${name}_test TEST_PREFIX "${name}." PROPERTIES LABELS unit TIMEOUT 120
            DISCOVERY_TIMEOUT 60)
    endif()
    if(ARK_BENCHES AND M_BENCHES)
        add_executable(${name}_bench ${M_BENCHES})
        target_link_libraries(${name}_bench PRIVATE ark::${name} ${M_PRIVATE_DEPS} ${M_TEST_DEPS} benchmark::benchmark_main)
    endif()
    if(ARK_FUZZERS)
        foreach(source ${M_FUZZERS})
            get_filename_component(target ${source} NAME_WE)
            add_executable(${target} ${source})
            target_link_libraries(${target} PRIVATE ark::${name} ${M_PRIVATE_DEPS} ${M_TEST_DEPS} ark_warnings)
            target_link_options(${target} PRIVATE -fsanitize=fuzzer)
            set_property(GLOBAL APPEND PROPERTY ARK_FUZZ_TARGETS ${target})
        endforeach()
    endif()
endfunction()
