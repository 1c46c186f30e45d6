# SPDX-License-Identifier: LGPL-2.1-or-later
# Every package that is not ours: what for, and who links it.

find_package(PkgConfig REQUIRED)

# windows of a text are scanned ahead (read)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

# JSON: specifications are read, reports written (analyse, render, vmm)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.10)

# compressed input: gzip, xz, zstd (base). Loaded by its name when it is needed, so nobody links it
pkg_check_modules(ARCHIVE libarchive)
if(ARCHIVE_FOUND)
	list(GET ARCHIVE_LINK_LIBRARIES 0 archive_library)
	get_filename_component(archive_library ${archive_library} REALPATH)
	# libarchive.so.13.6.2 is known as libarchive.so.13
	string(REGEX REPLACE "^.*/(.*[.]so[.][0-9]+).*$" "\\1" ARCHIVE_SONAME ${archive_library})
endif()
option(KG_WITH_COMPRESSED "Read compressed files (libarchive)" ${ARCHIVE_FOUND})
if(KG_WITH_COMPRESSED AND NOT ARCHIVE_FOUND)
	message(FATAL_ERROR "KG_WITH_COMPRESSED needs libarchive (libarchive-dev)")
endif()

# what trace-cmd packs in a trace.dat (read)
pkg_check_modules(ZLIB IMPORTED_TARGET zlib)
pkg_check_modules(ZSTD IMPORTED_TARGET libzstd)
if(ZLIB_FOUND AND ZSTD_FOUND)
	set(KG_CAN_READ_DAT ON)
else()
	set(KG_CAN_READ_DAT OFF)
	message(STATUS "trace.dat cannot be read: zlib (zlib1g-dev) or libzstd (libzstd-dev) is missing")
endif()
option(KG_WITH_DAT "Read trace.dat, the file of trace-cmd (zlib, libzstd)" ${KG_CAN_READ_DAT})
if(KG_WITH_DAT AND NOT KG_CAN_READ_DAT)
	message(FATAL_ERROR "KG_WITH_DAT needs zlib (zlib1g-dev) and libzstd (libzstd-dev)")
endif()

# the reference VMM: x86 guests, and Linux's KVM below them
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64)$")
	set(KG_CAN_VMM ON)
else()
	set(KG_CAN_VMM OFF)
endif()
option(KG_WITH_VMM "The reference VMM (x86-64 only)" ${KG_CAN_VMM})
if(KG_WITH_VMM AND NOT KG_CAN_VMM)
	message(FATAL_ERROR "KG_WITH_VMM is for Linux on x86-64 only")
endif()

# the kernel's tracer (capture)
pkg_check_modules(TRACEFS IMPORTED_TARGET libtracefs>=1.6)
option(KG_WITH_CAPTURE "Record traces (libtracefs)" ${TRACEFS_FOUND})
if(KG_WITH_CAPTURE AND NOT TRACEFS_FOUND)
	message(FATAL_ERROR "KG_WITH_CAPTURE needs libtracefs (libtracefs-dev)")
endif()

# Markdown to manual pages (documents)
find_program(CMARK cmark)

# unit tests (tests only)
if(KG_WITH_TESTS OR NOT DEFINED KG_WITH_TESTS)
	pkg_check_modules(CHECK REQUIRED IMPORTED_TARGET check>=0.15)
endif()
