#!/usr/bin/env bash
# Make a virtual environment that has pip: deploy/venv.sh PYTHON FOLDER
# Debian splits this ability off from Python (python3-venv), and a fresh machine may lack it. So, in this order:
# what Python brings, the machine's own pip, virtualenv, the Debian package where we may install it. Only the last
# changes anything outside FOLDER.
set -euo pipefail

python=$1
folder=$2
here=$(dirname "$0")
said=$(mktemp)
trap 'rm -f "$said"' EXIT

stop() {
  printf '%s\n' "" "$@" >&2
  exit 1
}

has_pip() { "$folder/bin/python" -m pip --version >/dev/null 2>&1; }

by_python() { "$python" -m venv --clear "$folder" && has_pip; }

by_pip() {
  "$python" -m pip --version &&
    "$python" -m venv --clear --without-pip "$folder" &&
    "$python" -m pip --disable-pip-version-check --python "$folder/bin/python" install --quiet pip &&
    has_pip
}

by_virtualenv() { "$python" -m virtualenv --clear --quiet "$folder" && has_pip; }

command -v "$python" >/dev/null || stop "There is no $python here. Choose another one, as in: make PYTHON=python3.13 ..."
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  stop "edgetwin needs Python 3.11 or newer, and $python is $version. Choose another one, as in: make PYTHON=python3.13 ..."

! has_pip || exit 0
if [ -d "$folder" ] && [ ! -e "$folder/pyvenv.cfg" ] && [ -n "$(ls -A "$folder")" ]; then
  stop "$folder holds something else than a virtual environment. Choose another folder, or clear it."
fi

! { by_python || by_pip || by_virtualenv; } >"$said" 2>&1 || exit 0

missing="the module ensurepip of $python"
if [ "$("$python" -c 'import sys; print(sys.base_prefix)')" = /usr ]; then
  missing="python$version-venv"
  "$here/debian.sh" "$missing"
  ! by_python >>"$said" 2>&1 || exit 0
fi
cat "$said" >&2
stop "No virtual environment could be made with $python. What is missing is $missing."
