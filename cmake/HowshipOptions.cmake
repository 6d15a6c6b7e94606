# Compiler settings and the two functions that declare a floor of the house.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(howship_options INTERFACE)
target_compile_options(howship_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  # `#pragma omp simd` without the OpenMP runtime: threads are our own (core/worker_team.hpp).
  -fopenmp-simd
  # g++ 12 reports these falsely inside std::string and std::vector and its AVX-512 headers (GCC bugs 105329, 105651, 105593).
  -Wno-restrict -Wno-uninitialized -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow)
target_compile_definitions(howship_options INTERFACE HOWSHIP_VERSION="${PROJECT_VERSION}")
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # The fuzz targets are all that clang builds; g++'s warnings are the ones that count.
  target_compile_options(howship_options INTERFACE -Wno-error -Wno-unknown-warning-option)
endif()
if(HOWSHIP_FUZZ)
  # Every floor counts its branches; the fuzzer's own main comes with its targets.
  target_compile_options(howship_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(HOWSHIP_NATIVE)
  # Every translation unit must agree on this: Eigen's alignment follows from it.
  target_compile_options(howship_options INTERFACE -march=native)
endif()
if(NOT HOWSHIP_SANITIZE MATCHES "^(OFF|address|thread)$")
  message(FATAL_ERROR "HOWSHIP_SANITIZE is ${HOWSHIP_SANITIZE}, and must be OFF, address or thread")
endif()
if(HOWSHIP_SANITIZE STREQUAL "thread")
  target_compile_options(howship_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(howship_options INTERFACE -fsanitize=thread)
elseif(HOWSHIP_SANITIZE)
  target_compile_options(howship_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(howship_options INTERFACE -fsanitize=address,undefined)
endif()

# howship_sources(TARGET FOLDER): every source of the folder, our warnings, our include path.
function(howship_sources target folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  target_sources(${target} PRIVATE ${sources})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE howship_options)
endfunction()

# howship_floor(NAME LINK ...): the library howship_NAME from src/NAME.
function(howship_floor name)
  cmake_parse_arguments(PARSE_ARGV 1 FLOOR "" "" "LINK")
  add_library(howship_${name} STATIC)
  howship_sources(howship_${name} src/${name})
  target_link_libraries(howship_${name} ${FLOOR_LINK})
endfunction()

# howship_known_leaks(TARGET): where leaks are looked for, those of libraries that are known are not reported.
function(howship_known_leaks target)
  if(HOWSHIP_SANITIZE AND NOT HOWSHIP_SANITIZE STREQUAL "thread")
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/known_leaks.cpp)
  endif()
endfunction()
