import { describe, expect, test } from 'vitest';
import { debianMirror } from './mirror.ts';

function mirrorIn(path: string, text: string): readonly string[] | undefined {
  return debianMirror([{ path, text }])?.uris;
}

describe('the mirror that serves Debian itself', () => {
  test('is found in a deb822 file, past a vendor and the security archive', () => {
    const text = `
Types: deb
URIs: https://vendor.example/node_20.x
Suites: nodistro
Components: main

Types: deb
# http://pinned.example/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
  http://spare.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;
    expect(mirrorIn('debian.sources', text)).toEqual(['http://mirror.example/debian', 'http://spare.example/debian']);
  });

  test('is found in a one-line file, with options and comments', () => {
    const text = `
# deb http://old.example/debian bullseye main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/v.gpg] https://vendor.example/linux/chrome/deb/ stable main
deb [arch=amd64] https://mirror.example:8443/some/debian/ bookworm main contrib # ours
`;
    expect(mirrorIn('sources.list', text)).toEqual(['https://mirror.example:8443/some/debian/']);
  });

  test('may be any path that is signed with the key of Debian', () => {
    const text =
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://cache.internal/os/d12 bookworm main\n';
    expect(mirrorIn('sources.list', text)).toEqual(['http://cache.internal/os/d12']);
  });

  test('may be a list of mirrors, as cloud images have', () => {
    const text = 'Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n';
    expect(
      mirrorIn('debian.sources', `${text}Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`),
    ).toHaveLength(1);
  });

  test.each([
    [
      'a switched-off stanza',
      'x.sources',
      'Types: deb\nEnabled: no\nURIs: http://m.example/debian\nSuites: bookworm\nComponents: main\n',
    ],
    [
      'sources only',
      'x.sources',
      'Types: deb-src\nURIs: http://m.example/debian\nSuites: bookworm\nComponents: main\n',
    ],
    ['a disc', 'x.list', 'deb cdrom:[Debian 12 Bookworm]/debian bookworm main\n'],
    ['Ubuntu', 'x.list', 'deb http://m.example/ubuntu noble main universe\n'],
    ['a component of a vendor', 'x.list', 'deb https://vendor.example/linux/debian bookworm stable\n'],
    ['an empty file', 'x.list', ''],
  ])('is not %s', (_what, path, text) => {
    expect(mirrorIn(path, text)).toBeUndefined();
  });
});
