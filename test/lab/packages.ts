// Which packages a guest is made of, and what of them it can do without.

/** Named to apt; their dependencies come by themselves. */
export const wantedPackages: readonly string[] = [
  'linux-image-amd64',
  'bpftrace',
  'gfs2-utils',
  'dropbear-bin',
  // what glockscope's relay may run on
  'bash',
  'dash',
  'perl-base',
  'python3-minimal',
  // the workloads are compiled where they run: the host needs no compiler
  'tcc',
  'libc6-dev',
  // the system below
  'base-files',
  'busybox-static',
  'coreutils',
  'findutils',
  'gawk',
  'grep',
  'gzip',
  'iproute2',
  'kmod',
  'mount',
  'procps',
  'sed',
  'util-linux',
];

/** Pulled in for maintainer scripts or for a boot of their own: none of these runs here. */
export const unneededPackages: ReadonlySet<string> = new Set([
  'adduser',
  'cpio',
  'debconf',
  'dpkg',
  'initramfs-tools',
  'initramfs-tools-core',
  'initramfs-tools-bin',
  'dracut-install',
  'klibc-utils',
  'libklibc',
  'linux-base',
  'linux-image-amd64',
  'logsave',
  'passwd',
  'systemd',
  'systemd-sysv',
  'libsystemd-shared',
  'tar',
  'ucf',
  'udev',
]);

/** tar patterns below the root of a package: documentation, static libraries that no workload links, big drivers. */
export const unneededFiles: readonly string[] = [
  './usr/share/doc',
  './usr/share/info',
  './usr/share/lintian',
  './usr/share/locale',
  './usr/share/man',
  './usr/share/bug',
  './usr/lib/x86_64-linux-gnu/libc.a',
  './usr/lib/x86_64-linux-gnu/libm-*.a',
  './usr/lib/x86_64-linux-gnu/gconv',
  './boot/System.map-*',
  ...[
    'gpu',
    'hid',
    'iio',
    'infiniband',
    'media',
    'mmc',
    'mtd',
    'net/ethernet',
    'net/wireless',
    'scsi',
    'staging',
    'usb',
  ]
    .concat(['bluetooth', 'input', 'isdn', 'platform', 'video'])
    .flatMap((driver) => [`./lib/modules/*/kernel/drivers/${driver}`, `./usr/lib/modules/*/kernel/drivers/${driver}`]),
  './lib/modules/*/kernel/sound',
  './usr/lib/modules/*/kernel/sound',
];

/** Loaded by the initramfs to reach the root disk. */
export const bootModules: readonly string[] = ['virtio_pci', 'virtio_blk', 'ext4'];

/** Kept in the guest, with what they need; the rest of the kernel's modules is left out. */
export const guestModules: readonly string[] = [
  ...bootModules,
  'gfs2',
  'dlm',
  'configfs',
  'loop',
  'virtio_net',
  'net_failover',
  'failover',
  'crc32c_generic',
  'crc32c_intel',
  'libcrc32c',
];
