import { describe, expect, test } from 'vitest';
import { loadOrder, moduleName } from './modules.ts';

// as depmod writes it: what a module needs, from the last to load to the first
const modulesDep = `
kernel/fs/gfs2/gfs2.ko.xz: kernel/fs/dlm/dlm.ko.xz kernel/fs/configfs/configfs.ko.xz kernel/lib/libcrc32c.ko.xz
kernel/fs/dlm/dlm.ko.xz: kernel/fs/configfs/configfs.ko.xz
kernel/fs/configfs/configfs.ko.xz:
kernel/lib/libcrc32c.ko.xz:
kernel/crypto/crc32c_generic.ko.xz:
kernel/drivers/block/virtio_blk.ko.xz:
kernel/arch/x86/crypto/crc32c-intel.ko.xz:
kernel/sound/core/snd.ko.xz:
`;
const softdep = '# Soft dependencies\nsoftdep libcrc32c pre: crc32c crc32c-intel\nsoftdep gfs2 post: virtio_blk\n';

function order(...wanted: string[]): string[] {
  return loadOrder(modulesDep, softdep, wanted).files.map(moduleName);
}

describe('the modules of a guest', () => {
  test('come after all that they need, soft needs included, and nothing else comes', () => {
    expect(order('gfs2')).toEqual(['virtio_blk', 'crc32c_intel', 'libcrc32c', 'configfs', 'dlm', 'gfs2']);
  });

  test('are named with dashes or underscores alike', () => {
    expect(order('crc32c-intel')).toEqual(order('crc32c_intel'));
  });

  test('that the kernel has built in are told, not sought', () => {
    expect(loadOrder(modulesDep, softdep, ['virtio_pci', 'gfs2']).absent).toEqual(['virtio_pci']);
  });
});
