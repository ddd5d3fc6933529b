#!/bin/sh
# Makes .venv and node_modules what requirements.txt and package-lock.json say. `make setup` calls it.
#
# PYTHON names the Python to make .venv from; without it, the first one on PATH that fits is taken.
#
# What has been done is remembered by the contents of the files it was done from: the times of files say
# little after a git clone or a change of branch.

set -eu
CDPATH='' cd "$(dirname "$0")/.."
here=$(pwd -P)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
did=nothing

minor=$(sed -n 's/^requires-python = ">=3\.\([0-9]*\)"$/\1/p' pyproject.toml)

say() {
    printf '%s\n' "$*"
}

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

# step LABEL COMMAND... runs the command and shows its output only when it fails
step() {
    label=$1
    shift
    did=something
    printf '%s ... ' "$label"
    before=$(date +%s)
    if "$@" >"$log" 2>&1 </dev/null; then
        say "$(($(date +%s) - before)) s"
    else
        status=$?
        say "failed"
        cat "$log" >&2
        stop "That was: $* (exit status $status). Once it is mended, run make setup again: it goes on from here."
    fi
}

# fresh STAMP FILE... is true while the files hold what they held when the stamp was made
fresh() {
    stamp=$1
    shift
    [ -f "$stamp" ] && [ "$(cksum "$@")" = "$(cat "$stamp")" ]
}

stamp() {
    name=$1
    shift
    cksum "$@" >"$name"
}

# probe PYTHON prints "STATE VERSION PATH", where STATE is fits, old or bare (cannot make a virtual environment).
# It fails when the command does not run, as a pyenv shim may. The path is that of the Python below an active
# virtual environment, since that environment may be the one which is about to be made anew.
probe() {
    "$1" -c "
import sys
state = 'fits'
if sys.version_info < (3, $minor):
    state = 'old'
else:
    try:
        import ensurepip, venv
    except ImportError:
        state = 'bare'
path = getattr(sys, '_base_executable', None) or sys.executable
sys.stdout.write('%s %d.%d.%d %s' % ((state,) + tuple(sys.version_info[:3]) + (path,)))
" 2>/dev/null </dev/null
}

# find_python sets python and version, or stops with one line that says what to do
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11 python
    fi
    old=
    bare=
    for candidate in "$@"; do
        answer=$(probe "$candidate") || continue
        state=${answer%% *}
        answer=${answer#* }
        version=${answer%% *}
        python=${answer#* }
        case $state in
        fits) return ;;
        old) old=${old:-"Python $version ($python)"} ;;
        bare) bare=${bare:-"Python $version ($python)"} ;;
        esac
    done
    name="or name one: make setup PYTHON=/path/to/python3"
    if [ -n "$bare" ]; then
        stop "$bare cannot make virtual environments: install its venv package (on Debian and Ubuntu: sudo apt install python3-venv), $name"
    elif [ -n "$old" ]; then
        stop "$old is too old: Python 3.$minor or newer is needed. Install one, $name"
    elif [ -n "${PYTHON:-}" ]; then
        stop "PYTHON=$PYTHON does not run: Python 3.$minor or newer is needed. Name one that runs, or leave PYTHON out"
    else
        stop "No Python was found on PATH: Python 3.$minor or newer is needed. Install one, $name"
    fi
}

# same PYTHON PYTHON is true for one Python under two names, a virtual environment counting as what it was made from
same() {
    which="import sys; print(sys.version, sys.base_prefix)"
    [ "$("$1" -c "$which" 2>/dev/null)" = "$("$2" -c "$which" 2>/dev/null)" ]
}

# venv_fits is true when .venv runs, was made in this folder (its scripts hold the path), and from PYTHON if given
venv_fits() {
    answer=$(probe .venv/bin/python) || return 1
    case $answer in fits*) ;; *) return 1 ;; esac
    head -n 2 .venv/bin/pip 2>/dev/null | grep -qF "$here/.venv/bin/python" || return 1
    [ -z "${PYTHON:-}" ] || same .venv/bin/python "$PYTHON"
}

if ! venv_fits; then
    find_python
    [ ! -e .venv ] || step "Removing .venv, which does not fit this folder or this Python" rm -rf .venv
    step "Making .venv with Python $version ($python)" "$python" -m venv .venv
fi

pip() {
    # a person's own pip configuration (mirror, proxy, certificates) holds, except for "install for the user"
    PIP_USER=0 .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}

if ! fresh .venv/requirements.stamp requirements.txt; then
    step "Installing the Python packages of requirements.txt (about a minute)" \
        pip install --require-hashes --progress-bar off -r requirements.txt
    stamp .venv/requirements.stamp requirements.txt
fi

if ! fresh .venv/project.stamp requirements.txt pyproject.toml tools/ipython_kernel_config.py; then
    step "Installing the project itself, editable" \
        pip install --no-deps --no-build-isolation --editable .
    # JupyterLab would first ask everybody whether it may fetch news, on top of the notebook
    mkdir -p .venv/share/jupyter/lab/settings
    printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}' \
        >.venv/share/jupyter/lab/settings/overrides.json
    mkdir -p .venv/etc/ipython
    cp tools/ipython_kernel_config.py .venv/etc/ipython/
    stamp .venv/project.stamp requirements.txt pyproject.toml tools/ipython_kernel_config.py
fi

if ! fresh node_modules/.stamp package.json package-lock.json; then
    # no package's install script runs: neither osls nor wscat needs one
    PATH=$here/.venv/bin:$PATH
    step "Installing osls and wscat into node_modules with Node $(.venv/bin/node --version)" \
        .venv/bin/npm ci --ignore-scripts
    stamp node_modules/.stamp package.json package-lock.json
fi

[ "$did" = something ] || say "Set up already: .venv, node_modules"
