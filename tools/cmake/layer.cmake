# SPDX-License-Identifier: LGPL-2.1-or-later
# kg_layer(NAME SOURCES file... [LAYERS name...] [PACKAGES target...])
#
# A layer is a static library that is given the layers below it and nothing else: what calls
# upwards does not link in that layer's tests.

function(kg_layer name)
	cmake_parse_arguments(LAYER "" "" "SOURCES;LAYERS;PACKAGES" ${ARGN})
	add_library(kg_${name} STATIC ${LAYER_SOURCES})
	target_include_directories(kg_${name} PUBLIC
		${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
	target_link_libraries(kg_${name} PRIVATE kg_flags ${LAYER_PACKAGES})
	foreach(below IN LISTS LAYER_LAYERS)
		target_link_libraries(kg_${name} PUBLIC kg_${below})
	endforeach()
endfunction()
