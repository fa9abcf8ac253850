// Finds, in the text of a host's apt sources, the mirror that serves Debian itself: the lab downloads from nowhere else.

export interface SourcesFile {
  readonly path: string;
  readonly text: string;
}

export interface Mirror {
  /** As the host writes them; several where the host has spares. `mirror+file:` and the like included. */
  readonly uris: readonly string[];
  /** The file that names them, for messages. */
  readonly from: string;
}

interface Source {
  readonly uris: readonly string[];
  readonly suites: readonly string[];
  readonly components: readonly string[];
  readonly signedBy: string;
}

/** Every name under which Debian's main archive serves a release. Not -security, -updates or a vendor's "nodistro". */
const releaseNames =
  /^(stable|oldstable|oldoldstable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|Debian\d.*)$/;

/** The first source that serves Debian's main archive; undefined where there is none (Ubuntu, an empty list). */
export function debianMirror(files: readonly SourcesFile[]): Mirror | undefined {
  for (const file of files) {
    const sources = file.path.endsWith('.sources') ? stanzas(file.text) : oneLiners(file.text);
    const found = sources.find(servesDebian);
    if (found) return { uris: found.uris, from: file.path };
  }
  return undefined;
}

/**
 * A vendor may name a Debian release and call its component main ("deb https://vendor.example/chrome/deb stable main").
 * What only Debian has is a path with "debian" as a word of its own, or Debian's key.
 */
function servesDebian(source: Source): boolean {
  if (source.uris.length === 0 || source.uris.some((uri) => uri.startsWith('cdrom:'))) return false;
  if (!source.suites.some((suite) => releaseNames.test(suite)) || !source.components.includes('main')) return false;
  return (
    /debian-archive-/.test(source.signedBy) || source.uris.every((uri) => uri.split('/').slice(3).includes('debian'))
  );
}

/** deb822: stanzas of "Key: value" parted by blank lines; a line that starts with a space continues the value. */
function stanzas(text: string): Source[] {
  const sources: Source[] = [];
  const body = text.replace(/^#.*\n?/gm, '').replace(/\n[ \t]+/g, ' ');
  for (const stanza of body.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    for (const line of stanza.split('\n')) {
      const colon = line.indexOf(':');
      if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
    const words = (key: string): string[] => (fields.get(key) ?? '').split(/\s+/).filter((word) => word !== '');
    if (!words('types').includes('deb') || /^(no|false|0)$/i.test(fields.get('enabled') ?? '')) continue;
    sources.push({
      uris: words('uris'),
      suites: words('suites'),
      components: words('components'),
      signedBy: fields.get('signed-by') ?? '',
    });
  }
  return sources;
}

/** `deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://host/debian bookworm main contrib # why` */
function oneLiners(text: string): Source[] {
  const sources: Source[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?([^\s#]+)\s+([^\s#]+)\s*([^#]*)/.exec(line);
    if (!match) continue;
    const [, options = '', uri = '', suite = '', components = ''] = match;
    sources.push({
      uris: [uri],
      suites: [suite],
      components: components.split(/\s+/).filter((word) => word !== ''),
      signedBy: /signed-by=(\S+)/.exec(options)?.[1] ?? '',
    });
  }
  return sources;
}
