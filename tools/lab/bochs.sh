# shellcheck shell=bash disable=SC2154 # the settings are of tools/lab/lab
# SPDX-License-Identifier: LGPL-2.1-or-later
# Boots a guest under Bochs, which emulates an Intel processor with VMX and EPT. Sourced.

# the disk for the results, as many cylinders of 16 heads and 63 sectors
bochs_cylinders=2048

bochs_version() {
	bochs --help 2>&1 </dev/null | grep -oE -m 1 'Bochs x86 Emulator [0-9.]+' ||
		dpkg-query -W -f='Bochs ${Version}' bochs
}

bochs_counts() {
	[ "$host_clock" = no ]
}

# write_bochsrc BOOT: the machine
write_bochsrc() {
	# a fixed start makes runs alike
	local boot=$1 clock='sync=none, time0=946681200'
	[ "$host_clock" = no ] || clock='sync=realtime, time0=local'
	# a sound card that is not there would end it
	cat >"$boot/bochsrc" <<-END
		display_library: rfb, options="timeout=0"
		plugin_ctrl: speaker=0
		sound: driver=dummy, waveoutdrv=dummy, midioutdrv=dummy, waveindrv=dummy
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios.bin
		cpu: model=corei7_skylake_x, count=$cpus, ips=50000000, reset_on_triple_fault=0
		memory: guest=$memory, host=$memory
		ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
		ata0-master: type=disk, mode=flat, path=$boot/disk.img, cylinders=$bochs_cylinders, heads=16, spt=63
		ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15
		ata1-master: type=cdrom, path=$boot/boot.iso, status=inserted
		boot: cdrom
		com1: enabled=1, mode=file, dev=$boot/console.log
		clock: $clock
		log: $boot/bochs.log
		panic: action=fatal
		error: action=ignore
		info: action=ignore
		debug: action=ignore
	END
}

# build_iso BOOT: the CD that it starts from
build_iso() {
	local cd=$1/cd
	mkdir -p "$cd/isolinux"
	mv "$1/vmlinuz" "$1/initrd" "$cd/"
	cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$cd/isolinux"
	cat >"$cd/isolinux/isolinux.cfg" <<-END
		default lab
		prompt 0
		label lab
		kernel /vmlinuz
		append initrd=/initrd $(kernel_arguments vmx)
	END
	xorriso -as mkisofs -quiet -o "$1/boot.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat \
		-no-emul-boot -boot-load-size 4 -boot-info-table "$cd" 2>"$1/xorriso.log" ||
		fail 5 "xorriso cannot make the CD: $(tail -n 1 "$1/xorriso.log")"
	rm -rf "$cd"
}

# shellcheck disable=SC2034 # command is the caller's
# bochs_command BOOT: fills $command
bochs_command() {
	# Debian's Bochs has a debugger in it, which waits for this word
	echo c >"$1/debugger"
	command=(bochs -q -f "$1/bochsrc" -rc "$1/debugger")
	# its display listens on a port: on one that nobody else can reach
	if unshare -rn true 2>/dev/null; then
		command=(unshare -rn "${command[@]}")
	fi
}

# bochs_prepare KERNEL BOOT: what Bochs needs beside the ramdisk's tree in BOOT/root
bochs_prepare() {
	cp "$(kernel_image "$1")" "$2/vmlinuz"
	# reading from the CD is slow
	pack_initrd "$2/root" "$2/initrd" zstd -q -9
	truncate -s $((bochs_cylinders * 16 * 63 * 512)) "$2/disk.img"
	write_bochsrc "$2"
	build_iso "$2"
}
