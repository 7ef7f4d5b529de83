#!/usr/bin/env bash
# Looks for known weaknesses in everything that hashes.lock names: packaging/supply/audit.sh [pypi|osv]
# Exit code 0: none known; 1: some, listed; 3: the data could not be reached, so nothing is known; 4: pip-audit is missing.
set -uo pipefail
cd "$(dirname "$0")"
service="${1:-pypi}"
if ! command -v pip-audit >/dev/null; then
    echo "pip-audit is not installed: pip install pip-audit" >&2
    exit 4
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# ask REQUIREMENTS REPORT OPTION...: with versions and hashes at hand nothing is resolved or installed, only looked up.
ask() {
    pip-audit --requirement "$1" --disable-pip "${@:3}" --vulnerability-service "$service" \
        --progress-spinner off --format json --output "$2" 2>"$folder/said"
}

# An index may answer and yet know of no weakness at all (a mirror): one that is known for years must be found.
echo "jinja2==2.10" >"$folder/control.txt"
ask "$folder/control.txt" "$folder/control.json" --no-deps
if ! grep -q '"fix_versions"' "$folder/control.json" 2>/dev/null; then
    grep --invert-match "No known vulnerabilities" "$folder/said" | tail -n 1 >&2
    echo "NOT AUDITED: the list of known weaknesses cannot be reached from here, or is empty (service: $service)." >&2
    exit 3
fi

ask hashes.lock "$folder/report.json" --require-hashes
code=$?
if [ ! -s "$folder/report.json" ]; then
    tail -n 1 "$folder/said" >&2
    echo "NOT AUDITED: the look-up broke off (service: $service)." >&2
    exit 3
fi
python3 - "$folder/report.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    packages = json.load(file)["dependencies"]
found = [
    f"{one['name']} {one['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'no version yet'}"
    for one in packages
    for weak in one.get("vulns", ())
]
left_out = [f"not audited: {one['name']} ({one['skip_reason']})" for one in packages if "skip_reason" in one]
print("\n".join([*left_out, *found] if found or left_out else [f"{len(packages)} packages, no known weaknesses."]))
PYTHON
exit "$code"
