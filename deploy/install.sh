#!/usr/bin/env bash
# Put the gateway in place as a service: the program in PREFIX, an example configuration in /etc/edgetwin, the unit
# where systemd looks. Run it again to upgrade: a configuration that is there is never touched.
# DESTDIR puts the same tree into a folder and leaves the machine alone; then it needs no root.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022 # the service runs as a user of its own, and must be able to read the program

python=${PYTHON:-python3}
prefix=${PREFIX:-/opt/edgetwin}
root=${DESTDIR:-}
etc=/etc/edgetwin
readers=edgetwin-config # the group that may read the configuration; the unit names it

stop() {
  printf '%s\n' "$@" >&2
  exit 1
}

if [ -z "$root" ]; then
  [ "$(id -u)" -eq 0 ] || stop \
    "make install writes to $prefix, $etc and /etc/systemd/system, so it needs root. Run" "" \
    "    sudo make install" "" \
    "To see the result in a folder first: make install DESTDIR=/tmp/edgetwin"
  case $("$python" -c 'import sys; print(sys.base_prefix)') in
  /home/* | /root/*) stop \
    "$python lives in somebody's home, which the service may not see. Run" "" \
    "    make install PYTHON=/usr/bin/python3" ;;
  esac
fi

deploy/venv.sh "$python" "$root$prefix"
pip() { "$root$prefix/bin/python" -m pip --disable-pip-version-check "$@"; }
pip install -qq --require-hashes --requirement deploy/requirements.lock
pip install -qq --no-deps --force-reinstall .

mkdir -p "$root$etc" "$root/etc/systemd/system" "$root/usr/local/bin"
"$root$prefix/bin/python" -m edgetwin schema >"$root$etc/edgetwin.schema.json"
sed "s|/opt/edgetwin|$prefix|" systemd/edgetwin.service >"$root/etc/systemd/system/edgetwin.service"
ln -sfn "$prefix/bin/edgetwin" "$root/usr/local/bin/edgetwin"
fresh=
[ -e "$root$etc/edgetwin.toml" ] || fresh=yes
[ -z "$fresh" ] || install -m 0640 config.example.toml "$root$etc/edgetwin.toml"

if [ -z "$root" ]; then
  groupadd --system --force "$readers"
  [ -z "$fresh" ] || chgrp "$readers" "$etc/edgetwin.toml"
  [ ! -d /run/systemd/system ] || systemctl daemon-reload
fi

echo
if [ -n "$fresh" ]; then
  cat <<EOF
edgetwin is in place. Next:

  1. describe your PLCs in   $root$etc/edgetwin.toml
  2. have it checked         edgetwin check $root$etc/edgetwin.toml
  3. start it                systemctl enable --now edgetwin
  4. see what it knows       edgetwin watch
EOF
else
  cat <<EOF
edgetwin is up to date, and $root$etc/edgetwin.toml is as it was. Next:

    edgetwin check $root$etc/edgetwin.toml && systemctl restart edgetwin
EOF
fi
