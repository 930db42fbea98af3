find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()

# Flags that every target of ours gets. Contraction of a*b+c is off everywhere: all backends must give the same bits.
add_library(bss_flags INTERFACE)
target_compile_options(bss_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Werror;-Wno-missing-field-initializers;-ffp-contract=off>
  $<$<COMPILE_LANGUAGE:CUDA>:-fmad=false;-ftz=true;--Werror;all-warnings>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(bss_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)   # false alarms on std::string operator+ (GCC bug 105651)
endif()
target_include_directories(bss_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(BSS_FUZZ)       # clang's coverage for tests/fuzz, and sanitizers; its own opinion on warnings does not matter here
  target_compile_options(bss_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer -g1 -Wno-error)
  target_link_options(bss_flags INTERFACE -fsanitize=address,undefined)
endif()
if(BSS_SANITIZE)
  target_compile_options(bss_flags INTERFACE -fsanitize=${BSS_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(bss_flags INTERFACE -fsanitize=${BSS_SANITIZE})
endif()

# bss_library(wafer SOURCES a.cpp … LINK x y): the library of a folder, bss::wafer to others.
function(bss_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(bss_${name} STATIC ${arg_SOURCES})
  add_library(bss::${name} ALIAS bss_${name})
  target_link_libraries(bss_${name} PUBLIC bss_flags ${arg_LINK})
endfunction()
