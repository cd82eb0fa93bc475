#!/usr/bin/env bash
# Installs the system packages that some tests need, where they are missing and apt-get may be used: in CI. A desk machine
# does without them; its tests are then skipped with a word. systemd is for systemd-analyze only, it is never started;
# chromium shows mails as their readers see them; promtool checks the metrics and the rules that watch alertd;
# amtool asks alertd as it would ask Alertmanager.
set -euo pipefail

wanted=()
command -v systemd-analyze > /dev/null || wanted+=(systemd)
command -v chromium > /dev/null || wanted+=(chromium fonts-liberation)

# Programs of packages that would bring a service: PACKAGE:PROGRAM.
lone=()
command -v promtool > /dev/null || lone+=(prometheus:promtool)
command -v amtool > /dev/null || lone+=(prometheus-alertmanager:amtool)

# Puts one program of a package into /usr/local/bin and leaves the rest, a service that would start, where it is.
unpack() {
  local package=$1 program=$2 folder
  folder=$(mktemp -d)
  (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "$package" && dpkg -x "$package"_*.deb .)
  install -m 0755 "$folder/usr/bin/$program" "/usr/local/bin/$program"
  rm -r "$folder"
}

if [[ ${#wanted[@]} -eq 0 && ${#lone[@]} -eq 0 ]]; then
  exit 0
fi
if ! command -v apt-get > /dev/null || [[ $(id -u) -ne 0 ]]; then
  echo "missing: ${wanted[*]} ${lone[*]}; install with your package manager" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
if [[ ${#wanted[@]} -gt 0 ]]; then
  apt-get install -qq -y --no-install-recommends "${wanted[@]}"
fi
for each in "${lone[@]}"; do
  unpack "${each%%:*}" "${each##*:}"
done
