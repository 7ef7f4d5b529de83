#!/usr/bin/env bash
# Writes packaging/requirements.lock anew: what a fresh environment gets from pyproject.toml's pins.
set -euo pipefail
cd "$(dirname "$0")/.."
env=$(mktemp -d)
trap 'rm -rf "$env"' EXIT
python3 -m venv "$env"
"$env/bin/pip" install --quiet -e ".[dev]"
{
    echo "# Exact versions of everything the program and its tests install, for pip's -c. Made by packaging/lock.sh."
    "$env/bin/pip" freeze --exclude-editable | sed 's/+cpu//'
} > packaging/requirements.lock
