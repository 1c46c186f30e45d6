# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# How the lab speaks. Sourced.

# fail CODE TEXT...: one line on stderr, and the end of this (sub)shell
fail() {
	local code=$1
	shift
	printf 'kvmgraph lab: %s\n' "$*" >&2
	exit "$code"
}

# tell TEXT...: what goes on, unless it is to be quiet; 3 is stderr as it was at the start
tell() {
	[ "$quiet" = yes ] || printf '%s\n' "$*" >&3
}

# json_string TEXT: prints it as a JSON string
json_string() {
	local text=$1 out='' char code
	local -i i
	text=${text//\\/\\\\}
	text=${text//\"/\\\"}
	if [[ $text == *[$'\x01'-$'\x1f']* ]]; then
		for ((i = 0; i < ${#text}; i++)); do
			char=${text:i:1}
			if [[ $char == [$'\x01'-$'\x1f'] ]]; then
				printf -v code '\\u%04x' "'$char"
				char=$code
			fi
			out+=$char
		done
		text=$out
	fi
	printf '"%s"' "$text"
}
