#!/usr/bin/env bash
# Have programs and libraries from Debian: deploy/debian.sh PROGRAM[=PACKAGE]... LIBRARY.so.N=PACKAGE...
# Installs what is missing where we may (as root, or with sudo that asks nothing). Where we may not, it says
# which command to run and stops.
set -euo pipefail

PATH="$PATH:/usr/sbin:/sbin" # daemons such as mosquitto are there, and a user's own path leaves it out

there() {
  case "$1" in
  *.so.*) [[ "$(ldconfig -p)" == *"$1 "* ]] ;;
  *) command -v "$1" >/dev/null ;;
  esac
}

packages=()
for each in "$@"; do
  there "${each%%=*}" || packages+=("${each#*=}")
done
[ ${#packages[@]} -gt 0 ] || exit 0

stop() {
  printf '%s\n' "" "$1" "" "    sudo apt-get install ${packages[*]}" "" "and then the same command again." >&2
  exit 1
}

command -v apt-get >/dev/null ||
  stop "Missing: ${packages[*]}. This machine has no apt-get: install them in its own way, or on Debian run"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || stop "Missing: ${packages[*]}. Installing needs root, which this user is not. Run"
  as_root=(sudo -n)
fi

echo "Installing from Debian: ${packages[*]}"
install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}")
# A fresh machine may have no package lists yet, or stale ones: fetch them only when they are needed.
"${install[@]}" >/dev/null 2>&1 ||
  { "${as_root[@]}" apt-get update -qq && "${install[@]}" >/dev/null; } ||
  stop "Debian could not install: ${packages[*]}. What it said stands above. When that is mended, run"
