option(ARK_WERROR "Warnings are errors (the presets say so)" OFF)
add_library(ark_warnings INTERFACE)
target_compile_options(ark_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wimplicit-fallthrough
    $<$<BOOL:${ARK_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports these from inside std::string and coroutine frames where nothing is wrong.
    target_compile_options(ark_warnings INTERFACE
        -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds -Wno-mismatched-new-delete)
else()
    target_compile_options(ark_warnings INTERFACE -Wthread-safety -Wno-sign-conversion)
endif()
# What a file may do on its own, and its neighbour sees (cmake/Merge.cmake). Builds file by file have all warnings.
set(merged $<BOOL:$<TARGET_PROPERTY:ARK_MERGED>>)
target_compile_options(ark_warnings INTERFACE $<${merged}:-Wno-shadow>
    $<$<AND:${merged},$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage>)
