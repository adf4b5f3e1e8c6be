#!/usr/bin/env bash
# Brings the history that the last run of a workflow kept: .ci/history.sh WORKFLOW, on GitHub alone. An artifact stays for
# 90 days, where a cache is gone after seven that nobody asked for it: what was last proven must outlast a month.
# Without one, and where it cannot be read, the run begins a new history and says so.
set -euo pipefail
name="history-${1// /-}"
begins() { echo "::notice::$1: this run begins a new history"; exit 0; }

listed=$(gh api "repos/$GITHUB_REPOSITORY/actions/artifacts?name=$name&per_page=100") || begins "no list of artifacts"
# Of the main branch of this repository alone: whoever opens a pull request must not write what is said to be proven.
id=$(python3 -c '
import json, sys
kept = [
    one for one in json.load(sys.stdin)["artifacts"]
    if not one["expired"] and one["workflow_run"]["head_branch"] == "main"
    and one["workflow_run"]["head_repository_id"] == one["workflow_run"]["repository_id"]
]
print(max(kept, key=lambda one: one["created_at"])["id"] if kept else "")
' <<< "$listed")
[ -n "$id" ] || begins "no artifact $name"
archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
gh api "repos/$GITHUB_REPOSITORY/actions/artifacts/$id/zip" > "$archive" || begins "artifact $id cannot be read"
python3 -c '
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    archive.extract("history.sqlite", "reports")
' "$archive"
echo "reports/history.sqlite is that of artifact $id"
