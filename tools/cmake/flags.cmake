# SPDX-License-Identifier: LGPL-2.1-or-later
# How everything is compiled: one interface target that every target of ours links.

option(KG_WERROR "Warnings are errors" OFF)
option(KG_COVERAGE "Count which lines run" OFF)
option(KG_ANALYZER "Run gcc's static analyser" OFF)
option(KG_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
set(KG_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize= (address,undefined)")
set(KG_ARENA "block" CACHE STRING "Where small pieces live: block, or malloc for memory checkers")
set_property(CACHE KG_ARENA PROPERTY STRINGS block malloc)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
	set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "How to build" FORCE)
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)

add_library(kg_flags INTERFACE)
target_compile_definitions(kg_flags INTERFACE _GNU_SOURCE)
target_compile_options(kg_flags INTERFACE
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
	-Wwrite-strings -Wvla -Wundef -Wformat=2 -Wconversion -fno-common)
if(CMAKE_BUILD_TYPE MATCHES "Rel")
	# a twentieth fewer instructions than -O2, measured on `timing`
	target_compile_options(kg_flags INTERFACE -O3)
	# sees through inlining only when optimising
	target_compile_options(kg_flags INTERFACE -Wnull-dereference)
endif()
# Objects have both forms: the program is optimised as a whole, tests are linked without that, which
# takes a tenth of the time.
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
	string(REPLACE "-fno-fat-lto-objects" "-ffat-lto-objects"
		CMAKE_C_COMPILE_OPTIONS_IPO "${CMAKE_C_COMPILE_OPTIONS_IPO}")
	set(KG_FAT_OBJECTS ON)
endif()
if(KG_WERROR)
	target_compile_options(kg_flags INTERFACE -Werror)
endif()
if(KG_SANITIZE)
	target_compile_options(kg_flags INTERFACE
		-fsanitize=${KG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(kg_flags INTERFACE -fsanitize=${KG_SANITIZE})
endif()
if(KG_ARENA STREQUAL "malloc")
	target_compile_definitions(kg_flags INTERFACE KG_ARENA_MALLOC)
endif()
if(KG_COVERAGE)
	target_compile_options(kg_flags INTERFACE --coverage)
	target_link_options(kg_flags INTERFACE --coverage)
endif()
if(KG_ANALYZER)
	target_compile_options(kg_flags INTERFACE -fanalyzer)
endif()
if(KG_FUZZ)
	target_compile_options(kg_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
