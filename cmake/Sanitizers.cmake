if(ARK_SANITIZE STREQUAL "address")
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    # A check of every pointer before each use of it is a quarter to a third of g++'s time here. A null one ends the
    # test all the same, and the fuzzers, which clang builds, look at alignment.
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fno-sanitize=null,alignment>)
    add_link_options(-fsanitize=address,undefined)
elseif(ARK_SANITIZE STREQUAL "thread")
    # Asio uses fences, which g++ says it cannot follow here; its locks and atomics it can.
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
    add_link_options(-fsanitize=thread)
elseif(ARK_SANITIZE)
    message(FATAL_ERROR "ARK_SANITIZE is 'address', 'thread' or empty, not '${ARK_SANITIZE}'")
endif()
if(ARK_FUZZERS)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "Fuzz targets need clang: cmake --preset fuzz")
    endif()
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
