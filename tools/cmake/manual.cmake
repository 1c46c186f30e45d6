# SPDX-License-Identifier: LGPL-2.1-or-later
# cmake -DCMARK=cmark -DPAGE=kvmgraph-spec -DSECTION=5 -DIN=file.md -DOUT=file.5 -P manual.cmake
#
# A page in Markdown becomes a manual page: its title line goes, its second headings are sections.

file(READ "${IN}" text)
string(REGEX REPLACE "^# [^\n]*\n" "" text "${text}")
string(REGEX REPLACE "\n## " "\n# " text "${text}")
file(WRITE "${OUT}.md" "${text}")
execute_process(
	COMMAND "${CMARK}" --to man "${OUT}.md"
	OUTPUT_VARIABLE body COMMAND_ERROR_IS_FATAL ANY)
string(TOUPPER "${PAGE}" title)
file(WRITE "${OUT}" ".TH ${title} ${SECTION}\n${body}")
file(REMOVE "${OUT}.md")
