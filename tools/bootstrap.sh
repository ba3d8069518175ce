#!/bin/sh
# Makes the virtual environment and installs CueFocus with its development tools into it.
# Usage: bootstrap.sh VENV_DIR
# As root on Debian and its kin it installs a missing Python or venv module; as anybody else it says what to run.
set -eu
venv=${1:-.venv}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

install_or_say() {
    # $@: Debian packages. Installs them when permitted, else prints the command and stops.
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "CueFocus needs Python 3.11 or newer with its venv module ($*)." >&2
        echo "Install them with this system's package manager, then try again." >&2
        exit 1
    fi
    if [ "$(id -u)" != 0 ]; then
        echo "CueFocus needs: $*" >&2
        echo "Run this, then try again:  sudo apt-get install -y $*" >&2
        exit 1
    fi
    echo "Installing $* ..."
    apt-get update -qq >/dev/null || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

python=""
for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 && new_enough "$candidate"; then
        python=$candidate
        break
    fi
done

if [ -z "$python" ]; then
    install_or_say python3 python3-venv
    python=python3
    if ! new_enough python3; then
        echo "Python 3.11 or newer is needed; this system's is $(python3 --version)." >&2
        exit 1
    fi
fi

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    install_or_say "$python-venv"
fi

echo "Setting up $venv with $("$python" --version) (once) ..."
rm -f "$venv/.ready"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[dev]'
