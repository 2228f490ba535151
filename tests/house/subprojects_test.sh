#!/usr/bin/env bash
# The wraps work: with RapidJSON and Catch2 forced to their fallbacks, the unit tests of base and policy build from the tarballs
# of the distribution's source packages and pass. Skipped (77) where those tarballs cannot be had.
set -euo pipefail
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/got"

# The machine's own sources with deb-src in place of deb, in a state of their own: the machine's lists stay as they are.
cat /etc/apt/sources.list.d/debian.sources 2>/dev/null | sed 's/^Types:.*/Types: deb-src/' >"$work/src.sources"
[ -s "$work/src.sources" ] || rm "$work/src.sources"
sed -n 's/^deb /deb-src /p' /etc/apt/sources.list 2>/dev/null >"$work/src.list" || true
list=$work/src.sources
[ -e "$list" ] || list=$work/src.list
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache=$work/cache")
if ! (cd "$work/got" && timeout 120 "${apt[@]}" update && timeout 120 "${apt[@]}" source --download-only catch2 rapidjson) \
    >"$work/apt.log" 2>&1; then
    echo "the distribution's source packages of catch2 and rapidjson cannot be had: $(tail -n 1 "$work/apt.log")"
    exit 77
fi

mkdir "$work/tree"
(cd "$root" && tar cf - --exclude=./build* --exclude=./.git .) | tar xf - -C "$work/tree"
cp "$work"/got/*.orig.tar.gz "$work/tree/subprojects/packagefiles/"
# -O0: this is about what is found, not about how fast it runs.
meson setup "$work/build" "$work/tree" --force-fallback-for=RapidJSON,catch2,rapidjson -Doptimization=0 -Ddebug=false \
    >"$work/setup.log" 2>&1 || { tail -n 30 "$work/setup.log"; exit 1; }
for name in rapidjson catch2; do
    grep -q "Executing subproject $name" "$work/setup.log" || { echo "$name was not taken from its wrap"; exit 1; }
done
meson test -C "$work/build" base policy --print-errorlogs >"$work/test.log" 2>&1 || { tail -n 40 "$work/test.log"; exit 1; }
echo "the unit tests of base and policy pass on the fallbacks of RapidJSON and Catch2"
