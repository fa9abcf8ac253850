// Makes test/recordings/btf/NAME-vmlinux.btf.gz and NAME-gfs2.btf.gz from the full BTF of a kernel with gfs2:
// GLOCKSCOPE_BTF_FOLDER=FOLDER GLOCKSCOPE_CUT=NAME node -e "import('vite').then((vite) => vite.runnerImport('./test/agent/host/btf/cut-fixture.ts'))"

import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { BTF_FOLDER, readWithBpftool } from './bpftool.ts';
import { type Cut, cutBtf } from './cut-btf.ts';
import { encodeBtf } from './encode-btf.ts';

const { GLOCKSCOPE_CUT: name } = process.env;
if (name === undefined) throw new Error('set GLOCKSCOPE_CUT to the name of the fixture, such as debian-6.1');

const cut: Cut = {
  structs: [
    ...['super_block', 'kiocb', 'file', 'inode', 'iov_iter', 'vm_fault', 'vm_area_struct', 'task_struct'],
    ...['gfs2_holder', 'gfs2_glock', 'gfs2_sbd', 'gfs2_inode', 'gfs2_file'],
  ],
  functions: [
    ...['handle_mm_fault', 'fault_in_iov_iter_readable', 'fault_in_iov_iter_writeable', 'fault_in_readable'],
    ...['gfs2_fault', 'gfs2_page_mkwrite', 'gfs2_file_read_iter', 'gfs2_file_write_iter', 'gfs2_fiemap'],
    ...['gfs2_glock_nq', 'gfs2_glock_dq', 'gfs2_glock_wait', 'gfs2_glock_poll', 'do_flock', '_printk'],
  ],
  enumerators: ['ITER_IOVEC', 'ITER_UBUF', 'FAULT_FLAG_USER', 'VM_FAULT_SIGBUS', 'BPF_F_CURRENT_CPU'],
};

const vmlinux = `${BTF_FOLDER}/vmlinux`;
const base = readWithBpftool(vmlinux);
const types = cutBtf([...base, ...readWithBpftool(`${BTF_FOLDER}/gfs2`, vmlinux)], base.length + 1, cut);
const baseBtf = encodeBtf(types.base);
const moduleBtf = encodeBtf(types.module, baseBtf.endString);
for (const [part, { bytes }] of Object.entries({ vmlinux: baseBtf, gfs2: moduleBtf })) {
  writeFileSync(
    new URL(`../../../recordings/btf/${name}-${part}.btf.gz`, import.meta.url),
    gzipSync(bytes, { level: 9 }),
  );
}
