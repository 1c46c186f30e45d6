# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# Takes home what a guest handed out, and says how it went. Sourced.

emulated_note='Durations are emulated: they are those of software, not the time that hardware would take.'

# judge BOOT EMULATOR-CODE: writes status and code; what was handed out is in BOOT/guest
judge() {
	local boot=$1 status code=1
	mkdir -p "$boot/guest"
	if tar -xf "$boot/disk.img" -C "$boot/guest" 2>/dev/null && [ -s "$boot/guest/code" ]; then
		code=$(cat "$boot/guest/code")
		case $code in
		0) status=ok ;;
		3) status='events lost' ;;
		4) status='guest lacks what it needs' ;;
		*) status=failed ;;
		esac
	elif grep -aq 'Kernel panic' "$boot/console.log"; then
		status=panic
	elif [ "$2" = 124 ] || [ "$2" = 137 ]; then
		status=timeout
	else
		status='no results'
	fi
	echo "$status" >"$boot/status"
	echo "$code" >"$boot/code"
}

# json_lines FILE: an array of its lines, with names of files instead of paths of this boot
json_lines() {
	local line between=
	printf '['
	while IFS= read -r line; do
		printf '%s' "$between"
		json_string "${line//"$boot/"/}"
		between=', '
	done <"$1"
	printf ']'
}

# json_boot BOOT: one row of lab.json
json_boot() {
	local boot=$1 vendor kernel key deterministic=false
	vendor=$(cat "$boot/vendor")
	kernel=$(cat "$boot/kernel")
	[ -e "$boot/bochsrc" ] || : >"$boot/bochsrc"
	printf '{"name": '
	json_string "$(cat "$boot/name")"
	for key in kernel:"$(cat "$kernel/release")" source:"$(cat "$kernel/source")" \
		vendor:"$vendor" scenario:"$scenario" emulated:"$(emulated_by "$vendor")" \
		emulator:"$(emulator_version "$vendor")"; do
		printf ', "%s": ' "${key%%:*}"
		json_string "${key#*:}"
	done
	! is_deterministic "$vendor" || deterministic=true
	printf ', "deterministic": %s' $deterministic
	printf ', "arguments": %s' "$(json_lines "$boot/arguments")"
	printf ', "configuration": %s' "$(json_lines "$boot/bochsrc")"
	printf ', "kernel_arguments": %s' "$(json_string "$(kernel_arguments "$vendor")")"
	printf ', "cpus": %d, "memory_mib": %d' "$cpus" "$memory"
	printf ', "status": %s, "exit_code": %d}' \
		"$(json_string "$(cat "$boot/status")")" "$(cat "$boot/code")"
}

# json_document BOOT...: a lab.json
json_document() {
	local boot between=$'\n'
	printf '{"schema": "kvmgraph.lab/1",\n"note": %s,\n"boots": [' \
		"$(json_string "$emulated_note")"
	for boot in "$@"; do
		printf '%s%s' "$between" "$(json_boot "$boot")"
		between=$',\n'
	done
	printf '\n]}\n'
}

# collect BOOT EMULATOR-CODE: makes the folder of results, whole or not at all
collect() {
	local boot=$1 name new
	judge "$boot" "$2"
	name=$(cat "$boot/name")
	new=$out/.$name.new
	rm -rf "$new"
	mkdir "$new"
	[ ! -d "$boot/guest/results" ] || cp -r "$boot/guest/results/." "$new"
	tr -d '\r' <"$boot/console.log" >"$new/console.log"
	[ "$(cat "$boot/status")" = ok ] || cp "$boot/emulator.log" "$new"
	json_document "$boot" >"$new/lab.json"
	rm -rf "${out:?}/$name"
	mv "$new" "$out/$name"
}

# outcome BOOT: one line that says how it went, and where to look if it went wrong
outcome() {
	local status seconds=''
	status=$(cat "$1/status")
	[ ! -e "$1/seconds" ] || seconds=" ($(cat "$1/seconds") s)"
	case $status in
	ok) echo "ok$seconds" ;;
	panic) echo "the kernel panicked$seconds: see $out/$(cat "$1/name")/console.log" ;;
	timeout) echo "not done in time (--timeout): see $out/$(cat "$1/name")/console.log" ;;
	'no results') echo "ended without results$seconds: see $out/$(cat "$1/name")/console.log" ;;
	'events lost') echo "events were lost$seconds: see $out/$(cat "$1/name")/console.log" ;;
	*)
		if [ ! -e "$1/seconds" ]; then
			tail -n 1 "$1/errors" | sed 's/^kvmgraph lab: //'
		else
			echo "$status, exit code $(cat "$1/code")$seconds:" \
				"see $out/$(cat "$1/name")/console.log"
		fi
		;;
	esac
}

write_lab_json() {
	json_document "${boots[@]}" >"$out/.lab.json.new"
	mv "$out/.lab.json.new" "$out/lab.json"
}

# show_results: the table, or lab.json
show_results() {
	local boot width=20 name
	if [ "$json" = yes ]; then
		cat "$out/lab.json"
		return
	fi
	[ "$quiet" = no ] || return 0
	for boot in "${boots[@]}"; do
		name=$(cat "$boot/name")
		[ ${#name} -le "$width" ] || width=${#name}
	done
	printf '%s\n\n%-*s  %-8s  %s\n' "$emulated_note" "$width" folder emulated result
	for boot in "${boots[@]}"; do
		printf '%-*s  %-8s  %s\n' "$width" "$(cat "$boot/name")" \
			"$(emulated_by "$(cat "$boot/vendor")")" "$(cat "$boot/status")"
	done
}

# worst_code: the highest exit code of all boots
worst_code() {
	cat "${boots[@]/%//code}" | sort -n | tail -n 1
}

# clean_up: what was needed on the way; with --keep it stays, and is named
clean_up() {
	if [ "$keep" = yes ]; then
		tell "kept: $work"
	else
		rm -rf "$work"
	fi
}
