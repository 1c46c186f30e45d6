# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds the initial ramdisk of a guest. Sourced.

# copy_file FILE ROOT: to where it is here
copy_file() {
	[ ! -e "$2$1" ] || return 0
	mkdir -p "$2$(dirname "$1")"
	cp -L "$1" "$2$1"
}

# copy_program FILE ROOT: the program and the libraries that it is linked with
copy_program() {
	local file root=$2 library
	file=$(readlink -f "$1")
	copy_file "$file" "$root"
	ln -sf "$file" "$root/bin/$(basename "$1")"
	# a static program, and a script, have none
	{ ldd "$file" 2>/dev/null || true; } | grep -oE '/[^ ]+' | while read -r library; do
		copy_file "$library" "$root"
	done
}

# add_to_guest WORD ROOT: what --add names, a file or a program on PATH
add_to_guest() {
	local file=$1
	[ -f "$file" ] || file=$(command -v "$1") ||
		fail 2 "$1: is neither a file nor a program here"
	copy_program "$file" "$2"
}

# build_initrd KERNEL VENDOR ROOT: the tree of a guest, to be packed
build_initrd() {
	local kernel=$1 vendor=$2 root=$3 word list told=$scenario
	mkdir -p "$root"/{bin,dev,etc,proc,root,run,sys,tmp,var/tmp,results,lab/modules}
	chmod 1777 "$root/tmp" "$root/var/tmp"
	printf '%s:x:%d:%d::/:/bin/sh\n' root 0 0 nobody 65534 65534 >"$root/etc/passwd"
	printf '%s:x:%d:\n' root 0 nogroup 65534 >"$root/etc/group"
	cp "$here/guest/init" "$root/init"
	cp "$payload" "$root/lab/run"
	chmod 755 "$root/init" "$root/lab/run"
	copy_program "$(command -v busybox)" "$root"
	busybox --list | while read -r word; do
		[ -e "$root/bin/$word" ] || ln -s busybox "$root/bin/$word"
	done
	copy_program "$program" "$root"
	for word in "${added[@]}"; do
		add_to_guest "$word" "$root"
	done
	for list in "$vendor" disk; do
		[ ! -e "$kernel/order.$list.lacks" ] ||
			fail 4 "$(cat "$kernel/source"): this kernel has no module" \
				"$(cat "$kernel/order.$list.lacks") (needed for $list)"
		while read -r word; do
			cp "$kernel/modules/$word.ko" "$root/lab/modules"
		done <"$kernel/order.$list"
	done
	cp "$kernel/order.$vendor" "$root/lab/order.kvm"
	cp "$kernel/order.disk" "$root/lab/order.disk"
	if [ -n "$scenario_file" ]; then
		told=/lab/$scenario.json
		cp "$scenario_file" "$root$told"
	fi
	cat >"$root/lab/settings" <<-END
		export KVMGRAPH_LAB_VENDOR='$vendor'
		export KVMGRAPH_LAB_SCENARIO='$told'
		export KVMGRAPH_LAB_EMULATED='$(emulated_by "$vendor")'
	END
}

# pack_initrd ROOT OUT [COMPRESSOR...]: the same bytes for the same tree
pack_initrd() {
	local root=$1 out=$2
	shift 2
	[ $# -gt 0 ] || set -- cat
	find "$root" -exec touch -h -d @0 {} +
	(cd "$root" && find . | LC_ALL=C sort |
		cpio --quiet -o -H newc --reproducible -R 0:0) | "$@" >"$out"
}
