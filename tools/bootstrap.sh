#!/bin/sh
# Makes the virtual environment and installs CueFocus with its development tools into it.
# Usage: bootstrap.sh VENV_DIR
set -eu
venv=${1:-.venv}

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done

install_or_say() {
    # $@: Debian packages. Installs them when permitted, else prints the command and stops.
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        echo "Installing $* ..."
        apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        echo "CueFocus needs: $*" >&2
        echo "Run this, then try again:  sudo apt-get install -y $*" >&2
        exit 1
    fi
}

if [ -z "$python" ]; then
    install_or_say python3 python3-venv
    python=python3
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        echo "Python 3.11 or newer is needed; found $("$python" --version)." >&2
        exit 1
    fi
fi

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    install_or_say python3-venv
fi

echo "Setting up $venv with $("$python" --version) (once) ..."
rm -f "$venv/.ready"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[dev]'
