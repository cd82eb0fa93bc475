#!/usr/bin/env bash
# Installs the system packages that some tests need, where they are missing and apt-get may be used: in CI. A desk machine
# does without them; its tests are then skipped with a word. systemd is for systemd-analyze only, it is never started;
# chromium shows mails as their readers see them.
set -euo pipefail

wanted=()
command -v systemd-analyze > /dev/null || wanted+=(systemd)
command -v chromium > /dev/null || wanted+=(chromium fonts-liberation)
if [[ ${#wanted[@]} -eq 0 ]]; then
  exit 0
fi
if ! command -v apt-get > /dev/null || [[ $(id -u) -ne 0 ]]; then
  echo "missing: ${wanted[*]}; install with your package manager" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${wanted[@]}"
