#!/usr/bin/env bash
# The independent readers in a virtual environment of their own, .tools/fuzz-venv, in the versions of requirements.txt;
# npm run fuzz takes it if it is there. Does nothing if it is up to date. Exits with 1, and leaves none, where there is no
# Python 3 or no index can be reached.
set -euo pipefail
cd "$(dirname "$0")"
venv=../../.tools/fuzz-venv
cmp -s requirements.txt "$venv/made-from.txt" && exit 0
rm -rf "$venv"
trap '[ $? -eq 0 ] || rm -rf "$venv"' EXIT
python3 -m venv "$venv"
# wheels only: nothing is compiled, and no script of a package runs; the first answer of the index has to come soon
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: \
  --no-deps --retries 1 --timeout 15 -r requirements.txt
cp requirements.txt "$venv/made-from.txt"
