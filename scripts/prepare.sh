# What scripts/demo and scripts/test share: the packages that are missing, and an incremental build.
# Sourced, with `set -euo pipefail` in force.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(g++ meson ninja-build pkg-config python3 libboost1.81-dev rapidjson-dev libssl-dev libevent-dev
    libldns-dev libnghttp2-dev libpcap-dev libpugixml-dev libseccomp-dev libsqlite3-dev libcli11-dev libspdlog-dev
    libelf-dev libhowardhinnant-date-dev tzdata)
demo_packages=(nsd iproute2)
test_packages=(abigail-tools catch2 cmake make gdb strace valgrind libyang2-tools nsd iproute2 nftables tcpdump curl openssl sqlite3
    fping clang-16 libclang-rt-16-dev rustc golang-go)
cross_packages=(gcc-i686-linux-gnu libc6-dev-i386-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross)
benchmark_packages=(fping iputils-ping tcpdump tshark curl iproute2 nsd dnsperf bind9-dnsutils knot-dnsutils)

say() { printf '%s\n' "$*" >&2; }

missing_packages() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# Installs what is missing and nothing else. Never removes a package: where that would be needed, it says so and stops.
install_packages() {
    local missing as_root=() log
    mapfile -t missing < <(missing_packages "$@")
    installed_count=${#missing[@]}
    [ "$installed_count" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            say "error: missing packages: ${missing[*]}"
            say "       run this as root, or install them first"
            exit 4
        }
        as_root=(sudo)
    fi
    log=$(mktemp)
    # A name server that we install must not become a service of this machine.
    local hold=/usr/sbin/policy-rc.d held=no
    if [ ! -e "$hold" ]; then
        # shellcheck disable=SC2064 # the file's name is known now
        trap "${as_root[*]} rm -f $hold" EXIT
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$hold" >/dev/null
        "${as_root[@]}" chmod +x "$hold"
        held=yes
    fi
    local status=0
    {
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
                --no-remove "${missing[@]}"
    } >"$log" 2>&1 </dev/null || status=$?
    if [ "$held" = yes ]; then
        "${as_root[@]}" rm -f "$hold"
        trap - EXIT
    fi
    if [ "$status" -ne 0 ]; then
        say "error: could not install: ${missing[*]}"
        if grep -q 'no-remove\|Packages need to be removed' "$log"; then
            say "       that would remove packages which are here; Boost 1.74's -dev packages conflict with 1.81's:"
            say "       remove them yourself (apt-get remove libboost-dev) if nothing of yours needs them"
        fi
        tail -n 15 "$log" >&2
        rm -f "$log"
        exit 4
    fi
    # Nor at the machine's next start.
    case " ${missing[*]} " in
        *" nsd "*) "${as_root[@]}" systemctl disable nsd >>"$log" 2>&1 || "${as_root[@]}" update-rc.d nsd disable >>"$log" 2>&1 ;;
    esac
    rm -f "$log"
}

# unpack_package PACKAGE DIR: the files of a package alone, for one that cannot be installed beside what is here (a machine
# keeps one time daemon). Where that fails, the tests that want it are skipped.
unpack_package() {
    local package=$1 dir=$2 place
    [ ! -e "$dir" ] || return 0
    place=$(mktemp -d)
    if (cd "$place" && apt-get -q download "$package" && dpkg-deb -x ./*.deb files) >"$place/log" 2>&1; then
        mkdir -p "$(dirname "$dir")" && mv "$place/files" "$dir"
    else
        say "could not unpack $package: $(tail -n 1 "$place/log")"
    fi
    rm -rf "$place"
}

# configure DIR [meson options...]: makes the build directory, or gives one that is there these options.
configure() {
    local dir=$1 log
    shift
    log=$(mktemp)
    if [ -e "$dir/build.ninja" ]; then
        [ $# -eq 0 ] || meson configure "$dir" "$@" >"$log" 2>&1
    else
        meson setup "$dir" "$root" "$@" >"$log" 2>&1
    fi || {
        cat "$log" >&2
        rm -f "$log"
        exit 4
    }
    rm -f "$log"
}
