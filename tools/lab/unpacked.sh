# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes a kernel that need not unpack itself: for an emulated processor that is a third of a boot. Sourced.
#
# A bzImage is real-mode code, and code that unpacks the kernel proper, an ELF file. Here the first stays;
# in place of the second comes the kernel itself behind some instructions which move it to where it belongs
# and start it as the unpacking code would. What runs from there on is the same, byte for byte.

# where a loader puts what follows the real-mode code: a page of instructions, three of page tables, the kernel
load_address=$((0x100000))
tables_address=$((load_address + 0x1000))
kernel_address=$((load_address + 0x4000))

# number FILE OFFSET BYTES: a little-endian number of a file
number() {
	od -An -v -tu"$3" -j "$2" -N "$3" "$1" | tr -d ' \n'
}

# bytes BYTES NUMBER...: prints each as so many bytes, little-endian
bytes() {
	local width=$1 value i
	shift
	for value in "$@"; do
		for ((i = 0; i < width; i++)); do
			# shellcheck disable=SC2059 # the format is the byte
			printf "\\x$(printf %02x $(((value >> 8 * i) & 255)))"
		done
	done
}

# put FILE OFFSET: writes stdin over what is there
put() {
	dd of="$1" bs=64K oflag=seek_bytes seek="$2" conv=notrunc status=none
}

# unpack_payload VMLINUZ OUT: the kernel proper; fails if that is packed in another way than these
unpack_payload() {
	local start length unpack trailer=4
	start=$((($(number "$1" $((0x1f1)) 1) + 1) * 512 + $(number "$1" $((0x248)) 4)))
	length=$(number "$1" $((0x24c)) 4)
	case $(od -An -tx1 -j "$start" -N 3 "$1" | tr -d ' \n') in
	# its length stands behind it, in gzip's own format as a part of that
	1f8b08) unpack=(gzip -dc) trailer=0 ;;
	fd377a) unpack=(xz -dc) ;;
	28b52f) unpack=(zstd -qdc) ;;
	*) return 1 ;;
	esac
	tail -c +$((start + 1)) "$1" | head -c $((length - trailer)) | "${unpack[@]}" >"$2" 2>/dev/null &&
		[ "$(od -An -tx1 -N 5 "$2" | tr -d ' \n')" = 7f454c4602 ]
}

# flatten ELF OUT: its segments as they lie in memory, zeros at the end cut off; prints the first's address
flatten() {
	local elf=$1 out=$2 row rows=() first=0 count at address step=$((1 << 20))
	at=$(number "$elf" 32 8)
	count=$(number "$elf" 56 2)
	for ((; count > 0; count--, at += 56)); do
		[ "$(number "$elf" "$at" 4)" = 1 ] || continue
		address=$(number "$elf" $((at + 24)) 8)
		rows+=("$(number "$elf" $((at + 8)) 8) $address $(number "$elf" $((at + 32)) 8)")
		[ "$first" != 0 ] && [ "$first" -lt "$address" ] || first=$address
	done
	: >"$out"
	for row in "${rows[@]}"; do
		read -r at address count <<<"$row"
		dd if="$elf" bs=1M iflag=skip_bytes,count_bytes skip="$at" count="$count" status=none |
			put "$out" $((address - first)) || return 1
	done
	while [ "$(stat -c %s "$out")" -gt $step ] &&
		[ "$(tail -c $step "$out" | tr -d '\0' | head -c 1 | wc -c)" = 0 ]; do
		truncate -s -$step "$out"
	done
	truncate -s %4096 "$out"
	echo "$first"
}

# starter ADDRESS SIZE ENTRY: the instructions; 32-bit code with flat segments, esi is the boot parameters
starter() {
	printf '\xfa\x89\xf3'     # cli; mov ebx, esi
	printf '\xbe'             # mov esi, the last word of the kernel as loaded
	bytes 4 $((kernel_address + $2 - 4))
	printf '\xbf'             # mov edi, where that belongs: above, so that the end has to go first
	bytes 4 $(($1 + $2 - 4))
	printf '\xb9'             # mov ecx, how many words
	bytes 4 $(($2 / 4))
	printf '\xfd\xf3\xa5\xfc' # std; rep movsd; cld
	printf '\x89\xde\xb8'     # mov esi, ebx; mov eax, page tables
	bytes 4 $tables_address
	printf '\x0f\x22\xd8'     # mov cr3, eax
	printf '\x0f\x20\xe0\x83\xc8\x20\x0f\x22\xe0'     # cr4 |= PAE
	printf '\xb9\x80\x00\x00\xc0\x0f\x32\x0f\xba\xe8\x08\x0f\x30' # EFER |= LME
	printf '\x0f\x01\x15'     # lgdt
	bytes 4 $((load_address + 0x800))
	printf '\x0f\x20\xc0\x0f\xba\xe8\x1f\x0f\x22\xc0' # cr0 |= PG
	printf '\xea'             # jmp 0x10:entry, which is 64-bit code
	bytes 4 "$3"
	bytes 2 $((0x10))
}

# descriptors: for lgdt, 32 bytes of table: code of 64 bits is 0x10, data 0x18
descriptors() {
	bytes 2 31
	bytes 4 $((load_address + 0x810))
	bytes 2 0 0 0 0 0
	bytes 8 0 0 0x00af9a000000ffff 0x00cf92000000ffff
}

# page_tables: the first gigabyte, each address as itself, in pages of 2 MiB
page_tables() {
	local i
	bytes 8 $((tables_address + 0x1000 + 3))
	head -c 4088 /dev/zero
	bytes 8 $((tables_address + 0x2000 + 3))
	head -c 4088 /dev/zero
	for ((i = 0; i < 512; i++)); do
		bytes 8 $(((i << 21) + 0x83))
	done
}

# make_unpacked VMLINUZ OUT FOLDER: fails if this kernel is another than these lines know
make_unpacked() {
	local vmlinuz=$1 out=$2 elf=$3/elf flat=$3/flat address size real entry
	unpack_payload "$vmlinuz" "$elf" || return 1
	address=$(flatten "$elf" "$flat") || return 1
	size=$(stat -c %s "$flat")
	entry=$(number "$elf" 24 8)
	[ "$address" -gt $kernel_address ] && [ $((address + size)) -lt $((1 << 30)) ] || return 1
	real=$((($(number "$vmlinuz" $((0x1f1)) 1) + 1) * 512))
	head -c $real "$vmlinuz" >"$out"
	# how much is to be loaded, in units of 16; it stays at its address; has no other entries and no payload
	bytes 4 $(((0x4000 + size) / 16)) | put "$out" $((0x1f4))
	bytes 1 0 | put "$out" $((0x234))
	bytes 2 0 | put "$out" $((0x236))
	bytes 4 0 0 | put "$out" $((0x248))
	starter "$address" "$size" "$entry" | put "$out" $real
	descriptors | put "$out" $((real + 0x800))
	page_tables | put "$out" $((real + 0x1000))
	put "$out" $((real + 0x4000)) <"$flat"
}

# kernel_image KERNEL: prints what an emulator is to boot: the unpacked one, made when it is first asked for,
# or the bzImage if that cannot be unpacked here
kernel_image() {
	local new
	if [ ! -e "$1/unpacked" ]; then
		new=$(mktemp -d "$1/new.XXXXXX")
		make_unpacked "$1/vmlinuz" "$new/image" "$new" || ln -s ../vmlinuz "$new/image"
		mv "$new/image" "$1/unpacked"
		rm -r "$new"
	fi
	echo "$1/unpacked"
}
