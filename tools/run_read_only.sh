#!/bin/sh
# Runs the image under ROOT as `docker run --read-only --tmpfs /tmp` would, without an engine: read-only root, plain user
# 10001, writable /tmp and /var/lib/cuefocus, no real-time rights. Needs root and util-linux; leaves no mounts behind.
# Usage: run_read_only.sh ROOT [COMMAND ...]; without a command it plays the duet once.
set -eu
if [ "${CUEFOCUS_IN_NAMESPACE:-}" != 1 ]; then
    CUEFOCUS_IN_NAMESPACE=1 exec unshare --mount --pid --fork -- sh "$0" "$@"
fi
root=$1
shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755,uid=10001,gid=10001 tmpfs "$root/var/lib/cuefocus"
mount -o remount,bind,ro "$root"
if [ $# -eq 0 ]; then
    share=/opt/cuefocus/share
    set -- cuefocus run --rig $share/config/demo.yaml --show $share/cues/duet.yaml \
        --source file:$share/build/duet.wav --arm --takes 1
fi
exec prlimit --rtprio=0 --memlock=65536 \
    env -i PATH=/opt/cuefocus/bin:/usr/bin:/bin:/usr/sbin:/sbin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/var/lib/cuefocus \
    chroot --userspec=10001:10001 --groups=10001 "$root" sh -c 'cd /var/lib/cuefocus && exec "$@"' sh "$@"
