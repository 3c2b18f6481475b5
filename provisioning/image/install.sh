#!/bin/sh
# Takes programs from the seed onto the box, once; cloud-init runs it before the first boot's unit.
set -eu
seed=$(mktemp -d)
trap 'umount "$seed" 2>/dev/null || true; rmdir "$seed"' EXIT
mount -o ro LABEL=cidata "$seed" 2>/dev/null || mount -o ro LABEL=CIDATA "$seed"
install -m 0755 "$seed/edgectl" /usr/local/bin/edgectl
for package in "$seed"/greengrass*.deb; do
  [ ! -e "$package" ] || apt-get install --yes --no-install-recommends "$package"
done
for archive in "$seed"/greengrass*.zip; do
  [ ! -e "$archive" ] || python3 -m zipfile -e "$archive" /greengrass/v2/init
done
systemctl daemon-reload
systemctl enable --now nftables.service
systemctl enable --now --no-block hotel-first-boot.service
