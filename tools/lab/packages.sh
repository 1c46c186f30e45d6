# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a boot needs of this machine, and which packages of Debian have it. Sourced.

# need FILE-OR-PROGRAM PACKAGE: remembers the package if that is not here
need() {
	case $1 in
	/*) [ -e "$1" ] && return 0 ;;
	*) command -v "$1" >/dev/null && return 0 ;;
	esac
	case " $missing " in
	*" $2 "*) ;;
	*) missing+=" $2" ;;
	esac
}

need_for_kernels() {
	need dpkg-deb dpkg
	need tar tar
	need xz xz-utils
	need zstd zstd
}

need_for_guests() {
	need busybox busybox-static
	need cpio cpio
}

need_for_vendor() {
	case $1 in
	svm) need qemu-system-x86_64 qemu-system-x86 ;;
	vmx)
		need bochs bochs
		need /usr/share/bochs/BIOS-bochs-latest bochsbios
		need /usr/share/vgabios/vgabios.bin vgabios
		need /usr/lib/ISOLINUX/isolinux.bin isolinux
		need /usr/lib/syslinux/modules/bios/ldlinux.c32 syslinux-common
		need xorriso xorriso
		;;
	esac
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# need_all VENDOR...: ends with exit code 4 if something is missing and may not be installed
need_all() {
	local vendor missing=
	need_for_kernels
	need_for_guests
	for vendor in "$@"; do
		need_for_vendor "$vendor"
	done
	[ -n "$missing" ] || return 0
	if [ "$install" != yes ]; then
		fail 4 "this machine lacks$missing (apt-get install$missing, or add --install)"
	fi
	tell "installing$missing"
	# shellcheck disable=SC2086 # several words are meant
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -q --no-install-recommends $missing >"$work/install.log" 2>&1 ||
		fail 4 "apt-get cannot install$missing: $(tail -n 1 "$work/install.log")"
}
