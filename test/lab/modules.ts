// From a kernel's modules.dep to the modules that are wanted and the order in which they load.

/** Module name (dashes as underscores) → its file and the files that it needs, as modules.dep lists them. */
type Dependencies = ReadonlyMap<string, { readonly file: string; readonly needs: readonly string[] }>;

/**
 * The files of the wanted modules and of all that they need, each after what it needs, paths relative to
 * /lib/modules/VERSION. Soft dependencies ("softdep libcrc32c pre: crc32c") count as far as a module of that name
 * exists. A wanted module that is not in the list is taken to be built in, or unknown to this kernel.
 */
export function loadOrder(
  modulesDep: string,
  modulesSoftdep: string,
  wanted: readonly string[],
): { readonly files: readonly string[]; readonly absent: readonly string[] } {
  const dependencies = parseDependencies(modulesDep);
  const soft = parseSoftDependencies(modulesSoftdep);
  const files = new Set<string>();
  const visited = new Set<string>();
  const absent: string[] = [];
  const visit = (name: string): void => {
    const module = dependencies.get(name);
    if (!module || visited.has(name)) return;
    visited.add(name);
    for (const other of soft.get(name) ?? []) visit(other);
    // modules.dep lists needs from the last to load to the first
    for (const file of module.needs.toReversed()) visit(moduleName(file));
    files.add(module.file);
  };
  for (const each of wanted) {
    const name = moduleName(each);
    if (!dependencies.has(name)) absent.push(name);
    visit(name);
  }
  return { files: [...files], absent };
}

/** `kernel/drivers/block/virtio-blk.ko.xz` → `virtio_blk`, the name under which the kernel lists it. */
export function moduleName(file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return base.replace(/\.ko(\.\w+)?$/, '').replaceAll('-', '_');
}

function parseDependencies(text: string): Dependencies {
  const dependencies = new Map<string, { file: string; needs: string[] }>();
  for (const line of text.split('\n')) {
    const [file, needs = ''] = line.split(':');
    if (!file || file.startsWith('#')) continue;
    dependencies.set(moduleName(file), { file, needs: needs.split(' ').filter((need) => need !== '') });
  }
  return dependencies;
}

function parseSoftDependencies(text: string): ReadonlyMap<string, readonly string[]> {
  const soft = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const match = /^softdep (\S+) (.*)$/.exec(line);
    if (!match?.[1] || !match[2]) continue;
    const names = match[2].split(/\s+/).filter((word) => word !== '' && !word.endsWith(':'));
    soft.set(moduleName(match[1]), [...(soft.get(moduleName(match[1])) ?? []), ...names.map(moduleName)]);
  }
  return soft;
}
