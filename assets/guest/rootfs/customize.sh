#!/bin/sh
# Runs as mmdebstrap's customize hook, once all packages are installed: takes away what the desktop
# never needs, and makes what would otherwise be made at each boot.
# Usage: customize.sh ROOT
set -eu

root=$1
here=$(dirname "$0")
release=$(basename "$root"/usr/lib/modules/*)
modules=$root/usr/lib/modules/$release

# Keeps the modules named in kernel-modules, with their dependencies; the other thousands go.
wanted=$(mktemp)
grep -v -e '^#' -e '^$' "$here/kernel-modules" | while read -r module; do
  chroot "$root" modprobe --set-version "$release" --show-depends "$module"
done | sed -n "s|^insmod /lib/modules/$release/\\([^ ]*\\).*|\\1|p" | sort -u > "$wanted"
(cd "$modules" && find . -name '*.ko' -printf '%P\n' | sort | comm -23 - "$wanted" | xargs rm)
rm "$wanted"
find "$modules" -type d -empty -delete
chroot "$root" depmod "$release"

# The kernel out of its self-extracting image (Documentation/x86/boot.rst: setup_sects,
# payload_offset, payload_length), so that no guest spends its first second on unpacking it. The
# payload is an xz stream, followed by four bytes with the size unpacked.
image=$root/boot/vmlinuz-$release
number() { od -An -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '; }
start=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
length=$(($(number 588 4) - 4))
tail -c "+$((start + 1))" "$image" | head -c "$length" |
  chroot "$root" xz -dc > "$root/boot/vmlinux"
rm "$root"/boot/vmlinuz-* "$root"/boot/System.map-* "$root"/boot/config-*
rm -f "$root"/vmlinuz* "$root"/initrd.img*

chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash --comment 'Desktop user' user

# Scripts of packages ran on the whole of Perl; the desktop needs only what is essential in Debian.
rm -rf "$root"/usr/share/perl "$root"/usr/lib/x86_64-linux-gnu/perl/5* \
  "$root"/usr/lib/x86_64-linux-gnu/libperl.so*
rm -rf "$root"/usr/lib/udev/hwdb.bin "$root"/etc/machine-id \
  "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/cache/debconf/* "$root"/var/log/*

# Fontconfig compares the times of its folders to the nanosecond, of which the disk image keeps only
# whole seconds: without this each program would read all fonts at its start.
find "$root/usr/share/fonts" -type d -exec touch --date=@1 {} +
chroot "$root" fc-cache --force --system-only
