#!/usr/bin/env bash
# Fails if the protos here break callers of an earlier version: the last tag's; without tags, the branch's start off main;
# on main itself, the version before the protos' last change.
set -euo pipefail
cd "$(dirname "$0")/.."
buf=${BUF:-buf}

earlier() {
  git describe --tags --abbrev=0 2>/dev/null && return
  for main in main origin/main; do
    base=$(git merge-base HEAD "$main" 2>/dev/null) || continue
    [ "$base" = "$(git rev-parse HEAD)" ] || { echo "$base"; return; }
  done
  if ! git diff --quiet HEAD -- protos/vitrine 2>/dev/null; then
    echo HEAD
    return
  fi
  changed=$(git log -1 --format=%H -- protos/vitrine 2>/dev/null) && git rev-parse --verify --quiet "$changed~1"
}

base=$(earlier || true)
if [ -z "$base" ] || ! git cat-file -e "$base:protos/vitrine" 2>/dev/null; then
  echo "no earlier version of the protos here to compare with"
  exit 0
fi
old=$(mktemp -d)
trap 'rm -rf "$old"' EXIT
git archive "$base" protos | tar -x -C "$old"
if ! "$buf" breaking protos --against "$old/protos"; then
  echo "the protos break callers of $(git describe --always "$base"): add fields and methods, change none" >&2
  exit 1
fi
echo "the protos fit callers of $(git describe --always "$base")"
