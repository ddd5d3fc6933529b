#!/bin/sh
# Writes requirements.txt and tools/uv.txt from pyproject.toml, and package-lock.json from package.json. `make lock` calls it.
#
# Pins that still fit are kept; --upgrade asks for newer ones. The files name versions and hashes only, never
# where they came from, so that they install from any registry.

set -eu
CDPATH='' cd "$(dirname "$0")/.."

# set-up leaves it out where it has no wheel
command -v uv >/dev/null || python -m pip install --disable-pip-version-check --quiet uv

oldest=$(sed -n 's/^requires-python = ">=\(.*\)"$/\1/p' pyproject.toml)

# compile FILE ARGUMENT... writes the pins of what the arguments name into the file
compile() {
    file=$1
    shift
    UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --generate-hashes \
        --no-emit-index-url --python-version "$oldest" --output-file "$file" "$@"
}

compile requirements.txt --all-extras "$@" pyproject.toml
compile tools/uv.txt "$@" --group setup

case " $* " in
*" --upgrade "*) npm update --package-lock-only --ignore-scripts ;;
*) npm install --package-lock-only --ignore-scripts ;;
esac
