# A real systemd as PID 1 of a container over a throw-away overlay of this machine's root. Sourced by run.
#
# container_boot DIR   mounts and boots; false when it cannot, with $container_problem. Wants a mount namespace of its own.
# container CMD...     runs a command in it
# container_kill       ends it
# $container_root      its root, as seen from here

container_init='' container_nspawn='' container_root='' container_problem='' container_groups=()

container() { nsenter --target "$container_init" --mount --uts --ipc --net --pid --cgroup "$@" </dev/null; }

container_boot() {
    container_problem=$(container_obstacle "$1" 2>&1) || return 1
    container_root=$1/root
    container_start "$1/log"
    local _ state
    for _ in {1..400}; do
        kill -0 "$container_nspawn" 2>/dev/null || break
        container_init=$(pgrep -P "$container_nspawn" | head -1)
        state=$([[ $container_init ]] && container systemctl is-system-running 2>/dev/null)
        [[ $state == running || $state == degraded ]] && return
        sleep 0.05
    done
    container_problem="systemd did not boot: $(tail -n 1 "$1/log")"
    return 1
}

# Prepares all that a boot needs; says why when it cannot.
container_obstacle() {
    ((EUID == 0)) || { echo "only root may boot one"; return 1; }
    [[ ${TEST_NAMESPACE-} ]] || { echo "mounts are not allowed here"; return 1; }
    if ! command -v systemd-nspawn >/dev/null || ! command -v socat >/dev/null; then
        { apt-get update -q && apt-get install -qy systemd-container socat; } >/dev/null 2>&1
        command -v systemd-nspawn socat >/dev/null || { echo "systemd-container and socat are not installed"; return 1; }
    fi
    mkdir "$1" && mount -t tmpfs tmpfs "$1" && mkdir "$1"/{upper,work,root} || return 1
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root" || return 1
    # A plain machine: no services of this one's, no Heard, and an identity, so that it is no first boot.
    find "$1/root/etc/systemd/system" -type l -path '*.wants/*' -delete
    rm -rf "$1"/root/{etc/heard,etc/sysusers.d/heard.conf,usr/local/share/heard,usr/local/bin/heard,var/log/journal}
    rm -rf "$1"/root/etc/systemd/system/heard.{service,socket}
    tr -d - </proc/sys/kernel/random/uuid >"$1/root/etc/machine-id"
}

# A control group of its own, in the layout of this machine; then systemd-nspawn in it. The capability and the system call are
# for IPAddressDeny=, which is a BPF program.
container_start() {
    local name=heard-test-$$ top group
    for top in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        [[ -e $top/cgroup.procs ]] && mkdir "$top/$name" 2>/dev/null && container_groups+=("$top/$name")
    done
    (
        for group in "${container_groups[@]}"; do echo "$BASHPID" >"$group/cgroup.procs"; done
        exec systemd-nspawn --quiet --boot --directory="$container_root" --machine="$name" --register=no --keep-unit \
            --private-network --link-journal=no --console=pipe --capability=CAP_BPF --system-call-filter=bpf \
            systemd.unit=multi-user.target
    ) </dev/null >"$1" 2>&1 &
    container_nspawn=$!
}

container_kill() {
    [[ $container_nspawn ]] || return 0
    kill -KILL "${container_init:-$container_nspawn}" 2>/dev/null
    wait "$container_nspawn" 2>/dev/null
    local group
    for group in "${container_groups[@]}"; do find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; done
    rmdir "/run/systemd/nspawn/propagate/heard-test-$$" 2>/dev/null
    if mountpoint -q "$container_root"; then umount -l "$container_root" "${container_root%/root}"; fi
}
