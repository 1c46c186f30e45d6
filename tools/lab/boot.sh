# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# Plans the boots and runs them side by side. Sourced.
#
# A boot is a folder in $work: kernel (a path), vendor, name, and when it is over: status, code, seconds.

boot_count=0
boots=()

emulated_by() {
	case $1 in
	svm) echo qemu-tcg ;;
	vmx) echo bochs ;;
	esac
}

emulator_version() {
	case $1 in
	svm) qemu_version ;;
	vmx) bochs_version ;;
	esac
}

# is_deterministic VENDOR: whether time in the guest is counted in instructions
is_deterministic() {
	case $1 in
	svm) qemu_counts ;;
	vmx) bochs_counts ;;
	esac
}

# kernel_arguments VENDOR
kernel_arguments() {
	local arguments='console=ttyS0,115200 quiet panic=-1 nokaslr'
	case $1 in
	# the emulated TSC is; and what guards against the processor's faults only takes time
	vmx) arguments+=' tsc=reliable mitigations=off' ;;
	esac
	echo "$arguments${kernel_args:+ $kernel_args}"
}

# plan_boots: a folder for each kernel, vendor and repetition
plan_boots() {
	local word kernel vendor number name boot
	for word in "${kernels[@]}"; do
		kernel=$(find_kernel "$word") || exit
		for vendor in "${vendor_list[@]}"; do
			for ((number = 1; number <= repeat; number++)); do
				name=$(cat "$kernel/release")-$vendor-$scenario
				[ "$repeat" = 1 ] || name+=-$number
				# a release that is named twice is booted once
				! grep -qxsF -- "$name" "$work"/boot-*/name || continue
				[ ! -e "$out/$name" ] || [ -e "$out/$name/lab.json" ] ||
					fail 2 "$out/$name: is there, and is no result of the lab"
				boot_count=$((boot_count + 1))
				boot=$work/boot-$boot_count
				boots+=("$boot")
				mkdir "$boot"
				echo "$kernel" >"$boot/kernel"
				echo "$vendor" >"$boot/vendor"
				echo "$name" >"$boot/name"
			done
		done
	done
}

# emulate BOOT COMMAND...: in a process group of its own, so that it can be ended with all it started
emulate() {
	local boot=$1 group code=0
	shift
	printf '%s\n' "$@" >"$boot/arguments"
	: >"$boot/console.log"
	[ "$verbose" = no ] || tell "$(cat "$boot/name"): $*"
	setsid timeout --foreground --kill-after=5 "$boot_timeout" \
		"$@" >"$boot/emulator.log" 2>&1 </dev/null &
	group=$!
	echo $group >"$boot/group"
	while kill -0 $group 2>/dev/null; do
		# nobody waits for this any more: the lab was killed the hard way
		if ! kill -0 $$ 2>/dev/null; then
			kill -TERM -- -$group
			rm -rf "$work"
			exit 1
		fi
		sleep 0.2
	done
	wait $group || code=$?
	rm -f "$boot/group"
	return $code
}

# boot BOOT: all of one boot; runs as a subshell in the background
boot() {
	local boot=$1 kernel vendor command=() boot_timeout=$timeout code=0 start=$SECONDS
	kernel=$(cat "$boot/kernel")
	vendor=$(cat "$boot/vendor")
	[ "$boot_timeout" != 0 ] || case $vendor in
	svm) boot_timeout=600 ;;
	vmx) boot_timeout=1200 ;;
	esac
	build_initrd "$kernel" "$vendor" "$boot/root"
	case $vendor in
	svm)
		qemu_prepare "$kernel" "$boot"
		qemu_command "$boot"
		;;
	vmx)
		bochs_prepare "$kernel" "$boot"
		bochs_command "$boot"
		;;
	esac
	rm -rf "$boot/root"
	emulate "$boot" "${command[@]}" || code=$?
	echo $((SECONDS - start)) >"$boot/seconds"
	collect "$boot" "$code"
}

# stage_of BOOT: what a guest says that it does
stage_of() {
	local stage
	stage=$(grep -a '^lab: ' "$1/console.log" 2>/dev/null | tail -n 1 | tr -d '\r') || true
	stage=${stage#lab: }
	echo "${stage:-booting}"
}

# show_progress BOOT...: one line on a terminal, written over
show_progress() {
	local boot line='' size
	for boot in "$@"; do
		line+="${line:+ | }$(cat "$boot/name"): $(stage_of "$boot")"
	done
	size=$(stty size <&3 2>/dev/null) || size='24 80'
	printf '\r\033[K%.*s' "$((${size#* } - 1))" "$line" >&3
}

# finish BOOT CODE: says how a boot ended; one that came to nothing before it booted ended with CODE
finish() {
	[ "$wants_line" = no ] || printf '\r\033[K' >&3
	if [ ! -e "$1/status" ]; then
		echo failed >"$1/status"
		echo "$2" >"$1/code"
		touch "$1/arguments"
	fi
	tell "$(cat "$1/name"): $(outcome "$1")"
}

# run_boots: as many at once as there are to be
run_boots() {
	local next=1 boot pid code running=() still=() wants_line=no
	[ "$progress" != auto ] || [ "$quiet" != no ] || [ ! -t 3 ] || wants_line=yes
	while [ $next -le $boot_count ] || [ ${#running[@]} -gt 0 ]; do
		while [ $next -le $boot_count ] && [ ${#running[@]} -lt "$jobs" ]; do
			boot=$work/boot-$next
			(boot "$boot") 2>"$boot/errors" &
			echo $! >"$boot/pid"
			[ "$wants_line" = yes ] ||
				tell "$(cat "$boot/name"): booting ($next of $boot_count)"
			running+=("$boot")
			next=$((next + 1))
		done
		[ "$wants_line" = no ] || show_progress "${running[@]}"
		sleep 0.5
		still=()
		for boot in "${running[@]}"; do
			pid=$(cat "$boot/pid")
			if kill -0 "$pid" 2>/dev/null; then
				still+=("$boot")
			else
				code=0
				wait "$pid" || code=$?
				rm "$boot/pid"
				finish "$boot" "$code"
			fi
		done
		running=("${still[@]}")
	done
}

# stop_boots: ends every boot that runs, and its emulator
stop_boots() {
	local boot
	for boot in "${boots[@]}"; do
		[ -e "$boot/pid" ] || continue
		kill -KILL "$(cat "$boot/pid")" 2>/dev/null || true
		[ ! -e "$boot/group" ] || kill -TERM -- "-$(cat "$boot/group")" 2>/dev/null || true
	done
}
