# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Steps that tools/quickstart and tools/test have in common. Sourced; $root is the repository.
: "${root:?}"

say() {
	printf '\n==> %s\n' "$*"
}

# quietly COMMAND...: shows the end of what a command prints, and only if it fails
quietly() {
	local log
	log=$(mktemp)
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		echo "failed: $*" >&2
		return 1
	fi
	rm -f "$log"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# need_packages GROUP...: installs what tools/packages.txt lists and is not there
need_packages() {
	local group package missing=()
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		echo "this is no Debian or Ubuntu: see tools/packages.txt for what has to be there"
		return 0
	fi
	while read -r group package; do
		case " $* " in
		*" $group "*)
			dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
				grep -q 'install ok installed' || missing+=("$package")
			;;
		esac
	done < <(grep -v '^#' "$root/tools/packages.txt")
	if [ ${#missing[@]} -gt 0 ]; then
		say "installing ${missing[*]}"
		quietly as_root apt-get update -q
		quietly as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -q --no-install-recommends "${missing[@]}"
	fi
}

# build PRESET [OPTION...]: configures a preset, with options for cmake, and builds it
build() {
	local preset=$1 generator=()
	shift
	if [ ! -f "$root/build/$preset/CMakeCache.txt" ]; then
		if command -v ninja >/dev/null; then
			generator=(-G Ninja)
		else
			generator=(-G "Unix Makefiles")
		fi
	fi
	say "building $preset in build/$preset"
	(
		cd "$root" || exit
		quietly cmake --preset "$preset" "${generator[@]}" "$@"
		quietly cmake --build "build/$preset" --parallel "$(nproc)"
	)
}
