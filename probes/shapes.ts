/**
 * The kernel structs that the probes read, as the program declares them: only the fields read, each at the offset that
 * the host's BTF gives. Own names (`gs_…`), since bpftrace knows the kernel's under theirs, and some versions wrongly.
 *
 * Declared structs, not casts to integer pointers: bpftrace 0.17 searches the whole kernel BTF for each cast, 4 ms
 * apiece natively and 0.7 s in an emulated guest, where the program took 47 s to compile with a cast for each field.
 */

export interface ShapeField {
  /** The kernel's `struct.field`, nested by-value paths joined by dots. */
  readonly of: string;
  /** C type in the program; of the size that the kernel's field has, or of its first bytes. */
  readonly type: 'unsigned long' | 'unsigned int' | 'unsigned short' | { readonly to: ShapeName };
}

/** Added to the offset of a field's `of`, bytes: for the later parts of an array. */
const plus = (of: string, bytes: number): string => `${of}+${bytes}`;
const long = (of: string): ShapeField => ({ of, type: 'unsigned long' });
const int = (of: string): ShapeField => ({ of, type: 'unsigned int' });
const short = (of: string): ShapeField => ({ of, type: 'unsigned short' });
const to = (shape: ShapeName, of: string): ShapeField => ({ of, type: { to: shape } });

export type ShapeName =
  | 'holder'
  | 'glock'
  | 'sbd'
  | 'superblock'
  | 'iocb'
  | 'file'
  | 'inode'
  | 'iter'
  | 'vmf'
  | 'vma'
  | 'task';

export const shapes: Readonly<Record<ShapeName, Readonly<Record<string, ShapeField>>>> = {
  holder: {
    gl: to('glock', 'gfs2_holder.gh_gl'),
    flags: short('gfs2_holder.gh_flags'),
    state: short('gfs2_holder.gh_state'),
    ip: long('gfs2_holder.gh_ip'),
  },
  glock: {
    number: long('gfs2_glock.gl_name.ln_number'),
    sbd: to('sbd', 'gfs2_glock.gl_name.ln_sbd'),
    type: int('gfs2_glock.gl_name.ln_type'),
  },
  sbd: { vfs: to('superblock', 'gfs2_sbd.sd_vfs') },
  superblock: { dev: int('super_block.s_dev') },
  iocb: { filp: to('file', 'kiocb.ki_filp'), pos: long('kiocb.ki_pos'), flags: int('kiocb.ki_flags') },
  file: { inode: to('inode', 'file.f_inode') },
  inode: { sb: to('superblock', 'inode.i_sb'), ino: long('inode.i_ino') },
  iter: { count: long('iov_iter.count') },
  vmf: { vma: to('vma', 'vm_fault.vma'), flags: int('vm_fault.flags'), address: long('vm_fault.address') },
  vma: { file: to('file', 'vm_area_struct.vm_file') },
  task: {
    start: long('task_struct.start_time'),
    comm_low: long('task_struct.comm'),
    comm_high: long(plus('task_struct.comm', 8)),
  },
};

/** The shapes that a program text casts to, and those that they point to. */
export function shapesUsed(text: string): ShapeName[] {
  const used = new Set<ShapeName>();
  const use = (name: ShapeName): void => {
    if (used.has(name)) return;
    used.add(name);
    for (const field of Object.values(shapes[name])) if (typeof field.type === 'object') use(field.type.to);
  };
  for (const name of shapeNames) if (text.includes(`(struct gs_${name} *)`)) use(name);
  return [...used];
}

/** The kernel fields that shapes need, without what is added to them. */
export const fieldsOfShapes = (names: readonly ShapeName[]): string[] =>
  names.flatMap((name) => Object.values(shapes[name]).map((field) => split(field.of).name));

/**
 * Declares a shape.
 * @throws Error naming the field when its offset is missing: the plan must have seen to it.
 */
export function declare(name: ShapeName, offsets: ReadonlyMap<string, number>): string {
  const placed = Object.entries(shapes[name]).map(([field, { of, type }]) => {
    const { name: key, addedBytes } = split(of);
    const offset = offsets.get(key);
    if (offset === undefined) throw new Error(`no offset for ${key}, which gs_${name} needs`);
    return { field, type, at: offset + addedBytes };
  });
  placed.sort((a, b) => a.at - b.at);
  let end = 0;
  const members = placed.map(({ field, type, at }, index) => {
    const pad = at > end ? `char pad${index}[${at - end}]; ` : '';
    end = at + sizeBytes(type);
    return `${pad}${typeof type === 'object' ? `struct gs_${type.to} *${field}` : `${type} ${field}`};`;
  });
  return `struct gs_${name} { ${members.join(' ')} };`;
}

const shapeNames: readonly ShapeName[] = [
  'holder',
  'glock',
  'sbd',
  'superblock',
  'iocb',
  'file',
  'inode',
  'iter',
  'vmf',
  'vma',
  'task',
];

function split(of: string): { readonly name: string; readonly addedBytes: number } {
  const [name = '', added = '0'] = of.split('+');
  return { name, addedBytes: Number(added) };
}

function sizeBytes(type: ShapeField['type']): number {
  switch (type) {
    case 'unsigned short':
      return 2;
    case 'unsigned int':
      return 4;
    default:
      return 8;
  }
}
