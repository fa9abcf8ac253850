import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, parseAddress } from '../../../agent/target/address.ts';

const ssh = (host: string, user?: string, port?: number): Address => ({ kind: 'ssh', user, host, port });

describe('parseAddress', () => {
  it.each<[string, Address]>([
    ['local', { kind: 'local' }],
    ['lab:6.1', { kind: 'lab', guest: '6.1' }],
    ['lab:6.12-two_nodes', { kind: 'lab', guest: '6.12-two_nodes' }],
    ['ssh://node1', ssh('node1')],
    ['ssh://node1/', ssh('node1')],
    ['ssh://root@10.0.0.5', ssh('10.0.0.5', 'root')],
    ['ssh://root@node_1.example:2222', ssh('node_1.example', 'root', 2222)],
    ['ssh://[fe80::1%eth0]:22', ssh('fe80::1%eth0', undefined, 22)],
    ['ssh://root@[::1]', ssh('::1', 'root')],
    ['ssh://::1', ssh('::1')],
    ['ssh://adm@corp.example@gate:1', ssh('gate', 'adm@corp.example', 1)],
    [String.raw`ssh://CORP\adm@gate`, ssh('gate', String.raw`CORP\adm`)],
  ])('reads %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each<[string, string, string]>([
    ['ssh:node1', 'two slashes', 'ssh://node1'],
    ['ssh:/node1', 'two slashes', 'ssh://node1'],
    ['ssh://', 'names no host', 'ssh://user@host'],
    ['ssh://root@', 'names no host', 'ssh://user@host'],
    ['ssh://root@:22', 'names no host', 'ssh://user@host'],
    ['ssh://@node1', 'user in "ssh://@node1" is empty', 'leave user@ out'],
    ['ssh://node1:0', '"0"', '1 to 65535'],
    ['ssh://node1:65536', '"65536"', '1 to 65535'],
    ['ssh://node1:', '""', '1 to 65535'],
    ['ssh://node1:22x', '"22x"', '1 to 65535'],
    ['ssh://fe80::zz', '":zz"', 'brackets'],
    ['ssh://[fe80::zz]:22', 'IPv6', 'brackets'],
    ['ssh://[::1', 'IPv6', 'brackets'],
    ['ssh://-oProxyCommand=id', 'begins with a dash', 'host name'],
    ['ssh://-l@node1', 'user in "ssh://-l@node1" begins with a dash', 'leave user@ out'],
    ['ssh://no de', 'holds " "', 'host name'],
    ['ssh://node1\n', String.raw`holds "\n"`, 'host name'],
    ['ssh://ro\u0000ot@node1', String.raw`holds "\u0000"`, 'leave user@ out'],
    ['ssh://$(id)', 'holds "$"', 'host name'],
    ['ssh://node1/etc', 'holds "/"', 'host name'],
    ['lab:', 'lab guest', 'lab:6.1'],
    ['lab:../x', 'lab guest', 'lab:6.1'],
    ['', 'no target', 'Write local'],
    ['localhost', 'no target', 'Write local'],
    ['root@node1', 'no target', 'perhaps ssh://root@node1'],
  ])('refuses %j and says what to write', (text, cause, remedy) => {
    expect(parseAddress(text)).toEqual({
      kind: 'invalid',
      cause: expect.stringContaining(cause),
      remedy: expect.stringContaining(remedy),
    });
  });

  it('never lets through a host or user that ssh would read as an option or a shell as code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const address = parseAddress(`ssh://${text}`);
        if (address.kind === 'ssh') {
          for (const word of [address.host, address.user ?? 'user']) {
            expect(word).toMatch(/^[^-\s\p{Cc};&|<>`"'(){}][^\s\p{Cc};&|<>`"'(){}]*$/u);
          }
        }
      }),
    );
  });
});

describe('formatAddress', () => {
  it('writes what parseAddress reads back', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
    const host = fc.oneof(name, fc.ipV4(), fc.ipV6());
    const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined });
    const address = fc.oneof(
      fc.constant<Address>({ kind: 'local' }),
      fc.record({ kind: fc.constant('lab' as const), guest: name }),
      fc.record({ kind: fc.constant('ssh' as const), user: fc.option(name, { nil: undefined }), host, port }),
    );
    fc.assert(
      fc.property(address, (one) => {
        expect(parseAddress(formatAddress(one))).toEqual(one);
      }),
    );
  });
});
