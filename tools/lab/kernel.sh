# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# Finds kernels, and keeps in the cache what a guest needs of one. Sourced.
#
# A prepared kernel is a folder: vmlinuz, release, source (where it is from), modules/NAME.ko, and for
# svm, vmx and disk a list order.* of the modules to load, in that order.

# modules that a guest loads first (what they depend on is found out) for each list
declare -A module_roots=([svm]=kvm_amd [vmx]=kvm_intel [disk]='ata_piix sd_mod')

# offered_packages: every kernel package that apt knows, one a line, oldest first
offered_packages() {
	command -v apt-cache >/dev/null || return 0
	apt-cache pkgnames linux-image- |
		grep -E '^linux-image-[0-9]+(\.[0-9]+)+[-+][a-z0-9+.~-]*-amd64$' |
		grep -vE -- '-(rt|dbg)-' | grep -E '[0-9]-[0-9]+-|\+' | sort -V
}

# candidate PACKAGE: the version that apt would install
candidate() {
	apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -v '^(none)$'
}

# newest_package WORD: prints "PACKAGE VERSION" for a series (6.1, 6.12-cloud) or a release
newest_package() {
	local series=${1%-cloud} flavour='' package version
	[ "$series" = "$1" ] || flavour=cloud-
	while read -r package; do
		case $package in
		"linux-image-$1") ;;
		"linux-image-$series".*-cloud-amd64 | "linux-image-$series"[-+]*-cloud-amd64)
			[ -n "$flavour" ] || continue
			;;
		"linux-image-$series".*-amd64 | "linux-image-$series"[-+]*-amd64)
			[ -z "$flavour" ] || continue
			;;
		*) continue ;;
		esac
		version=$(candidate "$package") || continue
		echo "$package $version"
		return 0
	done < <(offered_packages | tac)
	return 1
}

# list_kernels: what apt offers and what is in the cache, as a table
list_kernels() {
	local package version kept
	printf '%-48s %-24s %s\n' package version cached
	while read -r package; do
		version=$(candidate "$package") || continue
		kept=no
		[ ! -d "$cache/${package}_$version" ] || kept=yes
		printf '%-48s %-24s %s\n' "$package" "$version" "$kept"
	done < <(offered_packages)
}

# release_of VMLINUZ: the release that a bzImage says it is
release_of() {
	local magic offset
	magic=$(od -An -tx1 -j 514 -N 4 "$1" | tr -d ' \n')
	[ "$magic" = 48647253 ] || return 1
	offset=$(od -An -tu2 -j 526 -N 2 "$1" | tr -d ' \n')
	tail -c +$((offset + 512 + 1)) "$1" | head -c 200 | tr '\0' '\n' | head -n 1 | cut -d ' ' -f 1
}

# unpacked MODULE-FILE: its bytes
unpacked() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# find_below TREE TEST...: what find prints; links to the sources that the kernel was built from lead elsewhere
find_below() {
	local tree=$1
	shift
	find -L "$tree" -mindepth 1 \( -name build -o -name source \) -prune -o \( "$@" \)
}

# index_modules TREE: prints "name path" of every module, and "name builtin" of what needs none
index_modules() {
	find_below "$1" \( -name '*.ko' -o -name '*.ko.xz' -o -name '*.ko.zst' -o -name '*.ko.gz' \) -print |
		awk -F/ '{ name = $NF; sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
			print name, $0 }'
	find_below "$1" -name modules.builtin -exec cat {} + |
		awk -F/ '{ name = $NF; sub(/\.ko.*/, "", name); gsub(/-/, "_", name)
			print name, "builtin" }'
}

# keep_module NAME LIST OUT: NAME behind all that it needs; $index is of index_modules
keep_module() {
	local name=${1//-/_} list=$2 out=$3 path needed file
	! grep -qsx "$name" "$list" || return 0
	path=$(awk -v name="$name" '$1 == name { sub(/^[^ ]* /, ""); print; exit }' "$index")
	[ -n "$path" ] || return 1
	[ "$path" != builtin ] || return 0
	file=$out/modules/$name.ko
	[ -e "$file" ] || unpacked "$path" >"$file" || return 1
	for needed in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' '); do
		keep_module "$needed" "$list" "$out" || return 1
	done
	echo "$name" >>"$list"
}

# prepare VMLINUZ MODULES SOURCE OUT: makes the folder of a prepared kernel, whole or not at all
prepare() {
	local vmlinuz=$1 modules=$2 source=$3 out=$4 new index list name release
	release=$(release_of "$vmlinuz") || fail 2 "$vmlinuz: is no kernel for x86 (a bzImage)"
	new=$(mktemp -d "$cache/new.XXXXXX")
	mkdir "$new/modules"
	index=$new/index
	index_modules "$modules" >"$index"
	for list in "${!module_roots[@]}"; do
		for name in ${module_roots[$list]}; do
			if ! keep_module "$name" "$new/order.$list" "$new"; then
				# said when somebody wants to boot it for this vendor
				echo "$name" >"$new/order.$list.lacks"
			fi
		done
		touch "$new/order.$list"
	done
	rm "$index"
	rm -rf "$out"
	if ! { cp "$vmlinuz" "$new/vmlinuz" && echo "$release" >"$new/release" &&
		echo "$source" >"$new/source" && mv "$new" "$out"; }; then
		rm -rf "$new"
		fail 5 "$out: cannot be written"
	fi
}

# prepare_package DEB SOURCE OUT
prepare_package() {
	local tree=$work/tree vmlinuz
	rm -rf "$tree"
	mkdir "$tree"
	dpkg-deb -x "$1" "$tree" 2>"$work/dpkg.log" ||
		fail 2 "$1: is no package that can be unpacked: $(tail -n 1 "$work/dpkg.log")"
	vmlinuz=$(find "$tree/boot" -name 'vmlinuz-*' 2>/dev/null | head -n 1)
	[ -n "$vmlinuz" ] || fail 2 "$1: has no kernel in it (an image package has boot/vmlinuz-*)"
	prepare "$vmlinuz" "$tree" "$2" "$3"
	rm -rf "$tree"
}

# kernel_of_series WORD: the folder of the newest kernel that apt offers for it, or that is cached
kernel_of_series() {
	local package version out
	if ! read -r package version < <(newest_package "$1"); then
		out=$(find "$cache" -maxdepth 1 -name "linux-image-$1[.+-]*" 2>/dev/null |
			sort -V | tail -n 1)
		[ -n "$out" ] || fail 2 "apt offers no kernel $1" \
			"(kvmgraph lab --list shows what it offers; apt-get update may help)"
		echo "$out"
		return
	fi
	out=$cache/${package}_$version
	if [ ! -d "$out" ]; then
		tell "fetching $package $version"
		mkdir -p "$work/deb"
		(cd "$work/deb" && apt-get download -q "$package=$version") >"$work/apt.log" 2>&1 ||
			fail 2 "apt-get cannot download $package: $(grep -m 1 '^E:' "$work/apt.log")"
		prepare_package "$(find "$work/deb" -name '*.deb')" "$package $version" "$out"
		rm -rf "$work/deb"
	fi
	echo "$out"
}

# modules_beside VMLINUZ: where its modules usually are, by its release
modules_beside() {
	local release folder
	release=$(release_of "$1") || return 1
	for folder in "$(dirname "$1")/../lib/modules/$release" \
		"$(dirname "$1")/../usr/lib/modules/$release" "/lib/modules/$release"; do
		if [ -d "$folder" ]; then
			echo "$folder"
			return
		fi
	done
	return 1
}

# find_kernel WORD: prints the folder of the prepared kernel that WORD names; for a subshell, that ends
# with an error if it cannot
find_kernel() {
	local out modules vmlinuz
	mkdir -p "$cache"
	# another lab may be fetching the same; who waited finds it there
	exec 9>"$cache/lock"
	flock 9
	case $1 in
	*.deb)
		[ -f "$1" ] || fail 2 "$1: no such file"
		out=$cache/$(basename "$1" .deb)-$(sha256sum <"$1" | cut -c 1-12)
		[ -d "$out" ] || prepare_package "$1" "$(basename "$1")" "$out"
		echo "$out"
		;;
	*/* | *:*)
		vmlinuz=${1%%:*}
		[ -f "$vmlinuz" ] || fail 2 "$vmlinuz: no such file"
		modules=${1#"$vmlinuz"}
		modules=${modules#:}
		[ -n "$modules" ] || modules=$(modules_beside "$vmlinuz") ||
			fail 2 "$vmlinuz: its modules are not found (name them: $vmlinuz:FOLDER)"
		[ -d "$modules" ] || fail 2 "$modules: no such folder"
		# somebody's own kernel may change under the same name: never from the cache
		out=$work/kernel-$(sha256sum <<<"$vmlinuz:$modules" | cut -c 1-12)
		prepare "$vmlinuz" "$modules" "$vmlinuz" "$out"
		echo "$out"
		;;
	*) kernel_of_series "$1" ;;
	esac
}
