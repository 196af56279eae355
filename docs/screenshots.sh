#!/usr/bin/env bash
# Makes the pictures in docs/images anew, from the sample report: bash docs/screenshots.sh
#
# Needs Chromium and a Chinese font (Debian: chromium fonts-wqy-zenhei); CHROMIUM names another browser.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
chromium=${CHROMIUM:-chromium}
command -v "$chromium" > /dev/null || { echo "no $chromium here: apt-get install chromium" >&2; exit 2; }
[ -n "$(fc-list :lang=zh)" ] || { echo 'no Chinese font here: apt-get install fonts-wqy-zenhei' >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo run --quiet --example sample_report "$folder"

# shot NAME REPORT WIDTH HEIGHT FLAG...: the top of a report, in a window of this size.
shot() {
    local name=$1 report=$2 size=$3,$4
    shift 4
    "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --user-data-dir="$folder/profile-$name" --window-size="$size" "$@" \
        --screenshot="docs/images/$name.png" "file://$folder/$report/report.html" 2> "$folder/$name.log" ||
        { cat "$folder/$name.log" >&2; exit 1; }
    test -s "docs/images/$name.png" || { echo "no docs/images/$name.png was written" >&2; exit 1; }
}
shot report broke-en 1200 1500
shot report-phone-dark held-zh 500 1100 --force-dark-mode --blink-settings=preferredColorScheme=0
ls -l docs/images
