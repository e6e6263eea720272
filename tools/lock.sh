#!/bin/sh
# Compile requirements.txt anew from pyproject.toml, for every supported Python at once.
# Needs uv (pip install uv). Pins stay where the old file has them; add --upgrade to move them.
set -e
cd "$(dirname "$0")/.."
{
  echo "# The whole environment of the book, pinned. Made by tools/lock.sh from pyproject.toml."
  echo "-e .[book,test]"
} > requirements.new
test -f requirements.txt && grep -v '^-e' requirements.txt > requirements.old
uv pip compile pyproject.toml --extra book --extra test --universal --python-version 3.11.0 \
  --no-header --no-annotate --no-emit-index-url --quiet "$@" -o requirements.old
cat requirements.old >> requirements.new
mv requirements.new requirements.txt
rm requirements.old
