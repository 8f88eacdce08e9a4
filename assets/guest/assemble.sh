#!/bin/sh
# Makes the boot files and the disk of the image out of the root archive and the overlay. It owns
# files as root does, so it is run by root or under fakeroot.
# Usage: assemble.sh RECIPE-DIR ROOTFS.tar WORK-DIR DISK-SIZE IMAGE-TITLE
# Leaves in WORK-DIR: vmlinux, initrd, disk.raw (sparse, ext4), and root, the tree for desktops that
# share the kernel of their host.
# Says `stage: NAME`, and while unpacking `unpacked: BYTES`, on standard output.
set -eu

recipe=$1 archive=$2 work=$3 size=$4 title=$5
root=$work/root initrd=$work/initrd.d

echo 'stage: unpack'
mkdir "$root"
tar --extract --file "$archive" --directory "$root" --numeric-owner --exclude './dev/*' \
  --record-size 1M --checkpoint=20 --checkpoint-action='echo=%u' 2>&1 |
  sed -u 's/.*: //; s/^\([0-9]*\)$/unpacked: \1/'

# Modes come from the repository's executable bit alone, whatever the umask of the checkout was.
lay() {
  (cd "$1" && find . -type d) | while read -r path; do mkdir -p "$2/$path"; done
  (cd "$1" && find . -type f) | while read -r path; do
    mode=644
    [ -x "$1/$path" ] && mode=755
    install -m "$mode" "$1/$path" "$2/$path"
  done
}

echo 'stage: overlay'
lay "$recipe/overlay" "$root"
cp -R "$root/etc/skel/." "$root/home/user/"
chown -R 1000:1000 "$root/home/user"
# Of the machine that built it.
: > "$root/etc/resolv.conf"
echo "$title" > "$root/usr/share/porthole/image"
mv "$root/boot/vmlinux" "$work/vmlinux"

echo 'stage: initrd'
release=$(basename "$root"/usr/lib/modules/*)
modules=usr/lib/modules/$release
mkdir -p "$initrd/bin" "$initrd/dev" "$initrd/proc" "$initrd/sys" "$initrd/root" "$initrd/$modules"
ln -s usr/lib "$initrd/lib"
lay "$recipe/initrd" "$initrd"
cp "$root/bin/busybox" "$initrd/bin/"
cp "$root/$modules/modules.dep" "$root/$modules/modules.alias" "$initrd/$modules/"
# modules.dep has a line `module: dependencies` for each, and names all that are needed, in depth.
for module in virtio_pci virtio_blk ata_piix sd_mod crc32c_generic crc32c-intel ext4; do
  sed -n "s|^\\([^:]*/$module\\.ko\\):|\\1|p" "$root/$modules/modules.dep"
done | tr ' ' '\n' | sort -u | while read -r module; do
  [ -n "$module" ] && install -D "$root/$modules/$module" "$initrd/$modules/$module"
done
find "$initrd" -exec touch --no-dereference --date=@0 {} +
# The guest's own busybox is static and runs here as well: no cpio has to be installed.
(cd "$initrd" && find . | sort | bin/busybox cpio -o -H newc -R 0:0 2> /dev/null) > "$work/initrd"

echo 'stage: filesystem'
# The name that the host gives is the kernel's to say, and written nowhere else.
ln -sf /proc/sys/kernel/hostname "$root/etc/hostname"
mke2fs -q -t ext4 -d "$root" -L porthole -m 0 -J size=16 -E lazy_itable_init=1 \
  "$work/disk.raw" "$size" > /dev/null
rm -rf "$initrd"

echo 'stage: root'
# What is for a kernel of one's own, and what packages are installed with.
rm -rf "$root/boot" "$root/usr/lib/firmware" "$root/usr/lib/modules" "$root/usr/lib/modprobe.d" \
  "$root/usr/lib/systemd" "$root/usr/lib/udev" "$root/usr/lib/xorg/modules" "$root/var/cache/apt" \
  "$root/var/lib/apt" "$root/var/lib/dpkg" "$root/usr/share/perl5" "$root/var/cache/debconf" \
  "$root/etc/shadow"* "$root/etc/gshadow"* "$root/home/user" "$root/root"
mkdir -p "$root/home/user" "$root/root"
# Each desktop has these of its own, in a folder that is its own.
ln -sf /run/porthole/machine-id "$root/etc/machine-id"
ln -sf /run/porthole/hostname "$root/etc/hostname"
# Each runs as another user of the host, who may read all of it, change nothing, and become nobody.
find "$root" -type b -o -type c -o -type p | xargs -r rm
chmod -R ug-s,go-w,a+rX "$root"
