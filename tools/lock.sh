#!/bin/sh
# Writes requirements.txt from pyproject.toml and package-lock.json from package.json. `make lock` calls it.
#
# Pins that still fit are kept; --upgrade asks for newer ones. Both files name versions and hashes only, never
# where they came from, so that they install from any registry.

set -eu
CDPATH='' cd "$(dirname "$0")/.."

# only who locks needs uv, so it is no dependency
command -v uv >/dev/null || python -m pip install --disable-pip-version-check --quiet uv

UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet --universal --all-extras --generate-hashes \
    --no-emit-index-url --python-version "$(sed -n 's/^requires-python = ">=\(.*\)"$/\1/p' pyproject.toml)" \
    --output-file requirements.txt "$@" pyproject.toml

case " $* " in
*" --upgrade "*) npm update --package-lock-only --ignore-scripts ;;
*) npm install --package-lock-only --ignore-scripts ;;
esac
