#!/bin/sh
# Becomes systemd, which starts the units of the build's installation and nothing else: in namespaces and control groups of its
# own, on this system's files, whose changes are in memory and go with it.
#
# usage: unshare --mount --pid --fork --uts --ipc --net --cgroup boot_systemd.sh FOLDER BUILD_DIR
#
# FOLDER/etc is copied over the system's /etc, and what the units need in /var is made.
set -e
folder=$1 build=$2 root=$1/root
mount --make-rprivate /
mkdir "$root" "$folder/changes"
mount -t tmpfs tmpfs "$folder/changes"
mkdir "$folder/changes/made" "$folder/changes/work"
mount -t overlay -o "lowerdir=/,upperdir=$folder/changes/made,workdir=$folder/changes/work" overlay "$root"
DESTDIR=$root meson install --no-rebuild --quiet -C "$build"
rm -rf "$root"/etc/systemd/system/*
cp -a "$folder/etc" "$root"
systemd-sysusers --root="$root"
mkdir -p "$root/var/lib/sonde/reports"
chown -R "$(awk -F: '$1 == "sonde" {print $3 ":" $4}' "$root/etc/passwd")" "$root/var/lib/sonde"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
for place in run tmp dev sys/fs/cgroup; do mount -t tmpfs -o mode=755 tmpfs "$root/$place"; done
chmod 1777 "$root/tmp"
for device in null zero full random urandom tty; do cp -a "/dev/$device" "$root/dev"; done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
    mkdir "$root/sys/fs/cgroup/memory" "$root/sys/fs/cgroup/pids" "$root/sys/fs/cgroup/systemd"
    for controller in memory pids; do mount -t cgroup -o "$controller" cgroup "$root/sys/fs/cgroup/$controller"; done
    mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
fi
ip link set lo up
cd "$root"
mkdir -p before
pivot_root . before
umount -l /before
export container=sonde
exec /lib/systemd/systemd --system --log-target=console --show-status=0 --unit=sonde-test.target
