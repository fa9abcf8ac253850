/** Reads and writes the parts of a Markdown document that tests hold to the code. Pure. */

/** A table from its head and rows; a bar in a cell is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** Code in a cell or a sentence. */
export const code = (text: string): string => `\`${text}\``;

/** Text as it is, where Markdown would see emphasis or a tag in it. */
export const plain = (text: string): string => text.replace(/[*<]/g, (sign) => `\\${sign}`);

/** The document with its part between `<!-- generated: NAME -->` and `<!-- end of NAME -->` made anew. */
export function withGenerated(document: string, name: string, part: string): string {
  const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document has no lines ${start} and ${end} in this order`);
  return `${document.slice(0, from + start.length)}\n\n${part}\n\n${document.slice(to)}`;
}

/** What stands in backticks, and each line of the fenced blocks. */
export function codeIn(document: string): string[] {
  const found: string[] = [];
  const prose = document.replace(/^```[^\n]*\n([\s\S]*?)^```$/gm, (_, block: string) => {
    found.push(...block.split('\n'));
    return '';
  });
  for (const [, span] of prose.matchAll(/`([^`\n]+)`/g)) found.push((span ?? '').replaceAll('\\|', '|'));
  return found;
}

/** Targets of links and pictures, in Markdown and in HTML. */
export function linksIn(document: string): string[] {
  return [...document.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map(
    ([, markdown, html]) => markdown ?? html ?? '',
  );
}

/** Anchors of the headings, as GitHub makes them. */
export function anchorsIn(document: string): string[] {
  return [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** Rows of the first table below a heading, without its head; cells as they are written. */
export function rowsBelow(document: string, heading: string): string[][] {
  const at = document.search(new RegExp(`^#+ ${heading}$`, 'm'));
  if (at < 0) throw new Error(`the document has no heading "${heading}"`);
  const [found] = /(?:^\|.*\n)+/m.exec(document.slice(at)) ?? [];
  if (found === undefined) throw new Error(`there is no table below "${heading}"`);
  const rows = found.trimEnd().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((each) => each.trim()),
  );
}

const cell = (text: string): string => text.replaceAll('\n', ' ').replace(/(?<!\\)\|/g, '\\|');
