/** A host's symbol table in, names for addresses out, as the kernel prints them: `gfs2_fault+0x41/0xb0 [gfs2]`. Pure. */

/** Names an address; one that no symbol covers stays hex. */
export type Symbolize = (address: string) => string;

/** One symbol: its address as hex and its name. */
export type SymbolRow = readonly [address: string, name: string];

/** Beyond this distance from the symbol before it an address is of something else, bytes. */
const farthestBytes = 0x10000n;

/**
 * Makes a symbolizer of a module's text symbols.
 * @param rows in any order; names as in /proc/kallsyms without the module
 * @param module what stands in brackets behind the name
 */
export function symbolizer(rows: readonly SymbolRow[], module: string): Symbolize {
  // Of several names for one place the kernel takes the first (kernel/module/kallsyms.c find_kallsyms_symbol).
  const byPlace = new Map<bigint, string>();
  for (const [address, name] of rows) {
    const at = BigInt(`0x${address}`);
    if (!byPlace.has(at)) byPlace.set(at, name);
  }
  const sorted = [...byPlace].map(([at, name]) => ({ at, name })).sort((a, b) => (a.at < b.at ? -1 : 1));
  const known = new Map<string, string>();
  return (address) => {
    let text = known.get(address);
    if (text === undefined) {
      text = name(sorted, BigInt(`0x${address}`), module) ?? `0x${address}`;
      if (known.size < 10_000) known.set(address, text);
    }
    return text;
  };
}

function name(sorted: readonly { at: bigint; name: string }[], address: bigint, module: string): string | null {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.at ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  const symbol = sorted[low - 1];
  if (symbol === undefined || address - symbol.at > farthestBytes) return null;
  const size = (sorted[low]?.at ?? symbol.at) - symbol.at;
  const offset = `${symbol.name}+0x${(address - symbol.at).toString(16)}`;
  return `${offset}${size > 0n ? `/0x${size.toString(16)}` : ''} [${module}]`;
}
