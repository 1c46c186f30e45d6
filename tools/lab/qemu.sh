# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boots a guest under QEMU's software emulation, which has an AMD processor with SVM. Sourced.

qemu_version() {
	qemu-system-x86_64 --version | head -n 1
}

# qemu_counts: whether time can be counted in instructions; with several CPUs, QEMU 8.1 was the first that
# shared them out, before it one CPU that waits for another waits for ever
qemu_counts() {
	local version
	[ "$host_clock" = no ] || return 1
	[ "$cpus" -gt 1 ] || return 0
	version=$(qemu_version | grep -oE '[0-9]+\.[0-9.]+' | head -n 1)
	[ "$(printf '%s\n' 8.1 "$version" | sort -V | head -n 1)" = 8.1 ]
}

# shellcheck disable=SC2054,SC2034 # commas are QEMU's own; command is the caller's
# qemu_command BOOT: fills $command; BOOT is a folder with vmlinuz, initrd and disk.img
qemu_command() {
	local boot=$1 threads=single clock=()
	[ "$host_clock" = no ] || threads=multi
	if qemu_counts; then
		# an instruction is a nanosecond; and what is random is so by the same seed
		clock=(-icount shift=0,sleep=off -rtc base=2000-01-01,clock=vm -seed 1)
	fi
	command=(qemu-system-x86_64 -accel "tcg,thread=$threads" "${clock[@]}"
		-cpu EPYC,+svm -smp "$cpus" -m "$memory"
		-kernel "$boot/vmlinuz" -initrd "$boot/initrd" -append "$(kernel_arguments svm)"
		-drive "file=$boot/disk.img,format=raw,if=ide,index=0"
		-nodefaults -display none -serial "file:$boot/console.log" -no-reboot)
}

# qemu_prepare KERNEL BOOT: what QEMU needs beside the ramdisk's tree in BOOT/root
qemu_prepare() {
	ln -s "$(kernel_image "$1")" "$2/vmlinuz"
	pack_initrd "$2/root" "$2/initrd"
	truncate -s 1G "$2/disk.img"
}
