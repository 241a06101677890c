# For tests that run containers, to be sourced: sets work, a new directory, and has podman and buildah keep everything there, so
# that they see nothing of the machine's own containers. finish removes it all.
#
# The settings are those that work everywhere, also within a container or a small virtual machine: copies in place of
# overlays, runc, and no more files or processes than most may have.

need() { # programs...: installs those that are missing, where a package of Debian has them
	local program missing=()
	for program; do
		command -v "$program" >/dev/null && continue
		case $program in
		nsenter | setpriv) missing+=(util-linux) ;;
		systemd-analyze | systemd-sysusers) missing+=(systemd) ;;
		*) missing+=("$program") ;;
		esac
	done
	[ ${#missing[@]} != 0 ] || return 0
	echo "installing ${missing[*]}"
	apt-get update -qq
	apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
}

work=$(mktemp -d)
finish() {
	podman rm --all --force --time 0 >/dev/null 2>&1 || true
	buildah umount --all >/dev/null 2>&1 || true
	rm -rf "$work"
}

export CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf BUILDAH_ISOLATION=chroot
cat >"$CONTAINERS_STORAGE_CONF" <<-CONF
	[storage]
	driver = "vfs"
	graphroot = "$work/storage"
	runroot = "$work/run"
CONF
cat >"$CONTAINERS_CONF" <<-CONF
	[containers]
	default_ulimits = ["nofile=1024:$(ulimit -Hn | sed 's/unlimited/1048576/')", "nproc=4096:4096"]
	log_driver = "k8s-file"
	[engine]
	runtime = "runc"
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	tmp_dir = "$work/tmp"
	volume_path = "$work/volumes"
CONF

# borrow DIRECTORY makes it a root that has the machine's own programs, once /usr is mounted into it.
borrow() {
	mkdir -p "$1"/{usr,tmp,root,home,var/tmp,run,proc,sys,dev,etc/ssl}
	chmod 1777 "$1/tmp" "$1/var/tmp"
	local dir
	for dir in bin sbin lib lib64; do [ ! -L /$dir ] || ln -s usr/$dir "$1/$dir"; done
	cp -r /etc/alternatives /etc/passwd /etc/group /etc/ld.so.* "$1/etc/"
	cp -r /etc/ssl/certs "$1/etc/ssl/"
}
