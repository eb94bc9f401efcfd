# What ./run and ./test share: install the packages that are missing, configure once, build quietly.
# The caller sets $root to the repository. Everything that is said goes to stderr; stdout belongs to the programs.

readonly needed_packages=(
    cmake ninja-build g++ libhwy-dev libfmt-dev nlohmann-json3-dev libcli11-dev libtomlplusplus-dev zlib1g-dev libstb-dev
    libjpeg-dev libspng-dev libwebp-dev libeigen3-dev libgtest-dev)
# Only the download of MNIST uses these: they come along when something is installed anyway, and are never a reason to.
readonly welcome_packages=(curl ca-certificates)

say() { printf '%s\n' "$*" >&2; }

# fail CODE SENTENCE
fail() {
    say "${@:2}"
    exit "$1"
}

have() { command -v "$1" >/dev/null 2>&1; }

# build_folder PRESET: where that preset is built. SINTER_BUILD_DIR moves all of them, out of a read-only checkout say.
build_folder() { printf '%s' "$(realpath -m -- "${SINTER_BUILD_DIR:-$root/build}")/$1"; }

# best_preset: cuda on a machine with an NVIDIA GPU and the CUDA compiler, else release.
best_preset() {
    if [[ -e /dev/nvidiactl ]] && { have nvcc || [[ -x ${CUDA_HOME:-/usr/local/cuda}/bin/nvcc ]]; }; then
        echo cuda
    else
        echo release
    fi
}

# prepare PRESET TARGET...: leaves the targets built and up to date, or ends the script with exit code 1. A second call
# costs one check by ninja; packages are looked at only before a first configuration and after a failure.
prepare() {
    local preset=$1 folder
    shift
    folder=$(build_folder "$preset")
    if ! mkdir -p -- "$folder" 2>/dev/null || [[ ! -w $folder ]]; then
        fail 1 "The build folder $folder cannot be written; set SINTER_BUILD_DIR to a folder that can."
    fi
    # Two ninjas in one folder would trip over each other's files, so a second ./run or ./test waits here for the first.
    (
        flock 9
        configured "$folder" || configure "$preset" "$folder"
        build "$folder" "$@" && exit
        # A package may have been removed since, or a newer sinter may need another one.
        if have dpkg-query && [[ $(missing_packages "${needed_packages[@]}") ]]; then
            configure "$preset" "$folder"
            build "$folder" "$@" && exit
        fi
        sed -n '/^FAILED:\|^CMake Error\|^ninja: error/,$p' "$folder/build.log" | head -n 100 >&2
        fail 1 "The build failed; its whole output is in $folder/build.log."
    ) 9>"$folder/.lock"
}

# Whether the folder is ready for ninja, builds these sources (a checkout may have been copied with its build folder, or
# moved), has programs and tests, and agrees with SINTER_WERROR=1, which turns warnings into errors.
configured() {
    [[ -f $1/build.ninja ]] && is_of_these_sources "$1" &&
        ! grep -q '^SINTER_BUILD_[A-Z]*:BOOL=OFF' "$1/CMakeCache.txt" && { [[ ${SINTER_WERROR:-0} != 1 ]] || grep -q '^SINTER_WERROR:BOOL=ON' "$1/CMakeCache.txt"; }
}

# cache_entry FOLDER NAME: an internal value that CMake remembers.
cache_entry() { sed -n "s/^$2:INTERNAL=//p" "$1/CMakeCache.txt" 2>/dev/null; }

is_of_these_sources() {
    [[ $(cache_entry "$1" CMAKE_HOME_DIRECTORY) == "$root" && $(cache_entry "$1" CMAKE_CACHEFILE_DIR) == "$1" ]]
}

# configure PRESET FOLDER
configure() {
    local preset=$1 folder=$2 options=(-DSINTER_BUILD_APPS=ON -DSINTER_BUILD_TESTS=ON) missing=() welcome capability
    [[ ${SINTER_WERROR:-0} != 1 ]] || options+=(-DSINTER_WERROR=ON)
    # CMake refuses a folder that was configured for other sources, and ninja would build those.
    if [[ -f $folder/CMakeCache.txt ]] && ! is_of_these_sources "$folder"; then
        find "$folder" -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf {} +
    fi
    # For this machine's GPU alone, as 90 for 9.0, instead of all three architectures: less to compile.
    if [[ $preset == cuda ]] && capability=$(nvidia-smi --id=0 --query-gpu=compute_cap --format=csv,noheader 2>/dev/null); then
        options+=("-DCMAKE_CUDA_ARCHITECTURES=${capability/./}")
    fi
    if have apt-get && have dpkg-query; then
        mapfile -t missing < <(missing_packages "${needed_packages[@]}")
        if ((${#missing[@]})); then
            mapfile -t welcome < <(missing_packages "${welcome_packages[@]}")
            install_packages "${missing[@]}" "${welcome[@]}" && missing=()
        fi
    fi
    # Even with packages missing and no right to install them: the libraries may come from elsewhere.
    if have cmake &&
        cmake -S "$root" --preset "$preset" -B "$folder" "${options[@]}" >"$folder/configure.log" 2>&1; then
        say "Building into $folder: some minutes the first time"
        return
    fi
    ((${#missing[@]} == 0)) || fail 1 "sinter needs packages that are missing and could not be installed from here;" \
        "as root, install them with: apt-get install ${missing[*]}"
    have cmake || fail 1 "sinter is built with CMake 3.22, Ninja and a C++20 compiler, on the libraries Highway, fmt," \
        "nlohmann-json, CLI11, toml++, zlib, stb, libjpeg, libspng, libwebp, Eigen and GoogleTest; cmake was not found. On Debian or Ubuntu, install them with:" \
        "apt-get install ${needed_packages[*]}"
    cat "$folder/configure.log" >&2
    fail 1 "CMake could not configure the build; the first error above says why." \
        "On Debian or Ubuntu, everything sinter needs is installed with: apt-get install ${needed_packages[*]}"
}

# missing_packages NAME...: those of them that dpkg does not have, one a line.
missing_packages() {
    local package
    for package; do
        # dpkg says "installed" once for every architecture.
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed* ]] || echo "$package"
    done
}

# install_packages NAME...: fails where this user has no right to install, or where apt fails.
install_packages() {
    local as_root=() log apt=(apt-get -q -y -o DPkg::Lock::Timeout=300)
    if ((EUID != 0)); then
        # With a terminal, sudo may ask for the password; without one, it must not need to.
        have sudo && { [[ -t 0 ]] || sudo -n true 2>/dev/null; } || return
        as_root=(sudo)
    fi
    log=$(mktemp)
    say "Installing $*"
    # A package's service may outlive apt: it must not inherit the lock (9). A failed update need not matter, some other
    # repository of the machine may be out of order; a failed install does.
    {
        "${as_root[@]}" "${apt[@]}" update || true
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --no-install-recommends "$@"
    } >"$log" 2>&1 9>&- || {
        tail -n 20 "$log" >&2
        rm -f "$log"
        return 1
    }
    rm -f "$log"
}

# build FOLDER TARGET...
build() {
    local folder=$1
    shift
    cmake --build "$folder" --parallel "$(build_jobs)" --target "$@" 2>&1 | relay "$folder/build.log"
}

# Copies stdin to a log and shows how far ninja is: in one line on a terminal, every ten seconds elsewhere. A build that
# has nothing to do stays silent.
relay() {
    local line shown=$SECONDS columns
    columns=$(stty size <&2 2>/dev/null | cut -d ' ' -f 2 || true)
    ((columns > 1)) || columns=80
    while IFS= read -r line; do
        printf '%s\n' "$line"
        [[ $line =~ ^\[[0-9]+/[0-9]+\]\ [BL] ]] || continue  # Building or Linking; not the check for new files
        if [[ -t 2 ]]; then
            printf '\r\033[K%.*s' "$((columns - 1))" "$line" >&2
        elif ((SECONDS - shown >= 10)); then
            say "$line"
            shown=$SECONDS
        fi
    done >"$1"
    [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

# memory_limits: the bytes that the control groups of this process allow, those around them included (of version 1 the
# outermost and its own), and its own limit.
memory_limits() {
    local group file limit limits
    group=$(sed -n 's/^0:://p' /proc/self/cgroup 2>/dev/null)
    limits=$(
        while :; do
            cat "/sys/fs/cgroup$group/memory.max" 2>/dev/null || true
            [[ ${group%/} ]] || break
            group=${group%/*}
        done
        for file in /sys/fs/cgroup/memory/memory.limit_in_bytes \
            "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup 2>/dev/null)/memory.limit_in_bytes"; do
            cat "$file" 2>/dev/null || true
        done
        limit=$(ulimit -v)
        [[ $limit == unlimited ]] || echo $((limit * 1024))
    )
    grep -E '^[0-9]{1,18}$' <<<"$limits" || true
}

# One compile job per core, and no more than fit into memory at 1.5 GB each: the SIMD files are compiled once for each
# instruction set and take that much. A container's own limit counts where there is one.
build_jobs() {
    [[ -z ${CMAKE_BUILD_PARALLEL_LEVEL:-} ]] || { echo "$CMAKE_BUILD_PARALLEL_LEVEL" && return; }
    local cores megabytes limit jobs
    cores=$(nproc)
    megabytes=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    for limit in $(memory_limits); do
        ((limit >> 20 >= megabytes)) || megabytes=$((limit >> 20))
    done
    jobs=$((megabytes / 1500 < cores ? megabytes / 1500 : cores))
    echo $((jobs > 1 ? jobs : 1))
}
