/**
 * The kernel structs that the probes read, as the program declares them: only the fields read, each at the offset that
 * the host's BTF gives. Own names (`gs_…`), since bpftrace knows the kernel's under theirs, and some versions wrongly.
 *
 * Declared structs, not casts to integer pointers: bpftrace 0.17 searches the whole kernel BTF by name for each cast,
 * and with a cast for each field that was most of what attaching waited for. Only bpftrace 0.11 gets
 * casts: it wants the kernel's headers as soon as a program declares anything.
 */

export interface ShapeField {
  /** The kernel's `struct.field`, nested by-value paths joined by dots; null for what is at 0 in every kernel. */
  readonly of: string | null;
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
  | 'task'
  | 'stack';

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
  stack: { word: { of: null, type: 'unsigned long' } },
};

/** The given shapes and those that they point to, each once. */
export function shapesReached(from: readonly ShapeName[]): ShapeName[] {
  const reached = new Set<ShapeName>();
  const reach = (name: ShapeName): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const field of Object.values(shapes[name])) if (typeof field.type === 'object') reach(field.type.to);
  };
  for (const name of from) reach(name);
  return [...reached];
}

/** The kernel fields that shapes need, without what is added to them. */
export const fieldsOfShapes = (names: readonly ShapeName[]): string[] =>
  names.flatMap((name) => Object.values(shapes[name]).flatMap(({ of }) => (of === null ? [] : [split(of).name])));

/**
 * A chain of fields as nested reads of integers, for a bpftrace that cannot take declarations: from a gs_holder at arg0,
 * `gl->number` becomes `*(uint64*)(*(uint64*)(arg0+16)+8)`. One expression: 0.11 reads 0 through a scratch variable.
 * @throws Error when a field is unknown, or its offset is missing
 */
export function readChain(
  from: ShapeName,
  at: string,
  fields: readonly string[],
  offsets: ReadonlyMap<string, number>,
): string {
  let shape: ShapeName | null = from;
  let expression = at;
  for (const name of fields) {
    const field: ShapeField | undefined = shape === null ? undefined : shapes[shape][name];
    if (field === undefined) throw new Error(`gs_${shape} has no field ${name}`);
    expression = `*(uint${sizeBytes(field.type) * 8}*)(${expression}+${offsetOf(field, from, offsets)})`;
    shape = typeof field.type === 'object' ? field.type.to : null;
  }
  return expression;
}

/**
 * Declares a shape.
 * @throws Error naming the field when its offset is missing: the plan must have seen to it.
 */
export function declare(name: ShapeName, offsets: ReadonlyMap<string, number>): string {
  const placed = Object.entries(shapes[name]).map(([field, of]) => ({
    field,
    type: of.type,
    at: offsetOf(of, name, offsets),
  }));
  placed.sort((a, b) => a.at - b.at);
  let end = 0;
  const members = placed.map(({ field, type, at }, index) => {
    const pad = at > end ? `char pad${index}[${at - end}]; ` : '';
    end = at + sizeBytes(type);
    return `${pad}${typeof type === 'object' ? `struct gs_${type.to} *${field}` : `${type} ${field}`};`;
  });
  return `struct gs_${name} { ${members.join(' ')} };`;
}

function offsetOf({ of }: ShapeField, shape: ShapeName, offsets: ReadonlyMap<string, number>): number {
  if (of === null) return 0;
  const { name, addedBytes } = split(of);
  const offset = offsets.get(name);
  if (offset === undefined) throw new Error(`no offset for ${name}, which gs_${shape} needs`);
  return offset + addedBytes;
}

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
