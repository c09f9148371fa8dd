# SPDX-License-Identifier: Apache-2.0
# The Debian packages handset stands on, and how they are installed. Sourced by scripts/quickstart, scripts/test and
# .ci/run; the README points here, so this is the one list.

run_packages=(
    g++ cmake ninja-build pkg-config ccache
    libsystemc-dev libboost-graph-dev libyaml-cpp-dev libhdf5-dev libcli11-dev libfmt-dev nlohmann-json3-dev
    libhwy-dev libutf8proc-dev
    python3-h5py python3-numpy python3-pandas python3-matplotlib python3-yaml
    python3-plotly
)
test_packages=(
    libgtest-dev libgmock-dev clang-format clang-tidy git
    python3-xarray python3-h5netcdf python3-netcdf4 python3-jsonschema
    snakemake slurmctld slurmd slurm-client munge python3-optuna
    chromium chromium-driver python3-selenium
)

say() {
    printf '== %s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# missing_packages PACKAGE...: prints those that are not installed, one per line.
missing_packages() {
    comm -23 <(printf '%s\n' "$@" | sort -u) \
        <(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
            sed -n 's/^installed //p' | sort -u)
}

# install_packages PACKAGE...: through apt, as root or with sudo; does nothing when all are there.
install_packages() {
    command -v dpkg-query >/dev/null ||
        die "this is no Debian system: install the equivalents of these packages yourself: $*"
    local missing
    mapfile -t missing < <(missing_packages "$@")
    if [[ ${#missing[@]} -eq 0 ]]; then
        say "all $# Debian packages are installed"
        return
    fi
    local as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || die "neither root nor sudo; have these packages installed: ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${#missing[@]} Debian packages${as_root:+ through sudo}: ${missing[*]}"
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 -qq update </dev/null ||
        die "apt-get update failed (see above)"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq -y \
        --no-install-recommends install "${missing[@]}" </dev/null ||
        die "apt-get could not install: ${missing[*]}"
}

# configure_release [CMAKE-OPTION...]: quiet unless it fails.
configure_release() {
    say "configuring the release preset in build/release"
    local output
    output=$(cmake --preset release "$@" 2>&1) || die "cmake failed:"$'\n'"$output"
}
