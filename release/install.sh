#!/bin/sh
# Installs aponta into a folder of its own, from the wheels beside this file; no network is asked for anything.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-aponta}
"${PYTHON:-python3}" -m venv "$into"
"$into/bin/python" -m pip --isolated install --no-index --find-links "$here/wheels" "aponta[postgresql]"
"$into/bin/aponta" --version
