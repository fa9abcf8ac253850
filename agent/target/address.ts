/** Turns what the user types for a host into an address, or into an error that names the place and the remedy. */
import { isIPv6 } from 'node:net';

export type Address =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'ssh';
      readonly user: string | undefined;
      /** A host name, an alias of ~/.ssh/config, or an IP address; IPv6 without brackets. */
      readonly host: string;
      readonly port: number | undefined;
    }
  | { readonly kind: 'lab'; readonly guest: string };

export interface InvalidAddress {
  readonly kind: 'invalid';
  readonly cause: string;
  readonly remedy: string;
}

/** Takes `local`, `ssh://[user@]host[:port]` (IPv6 in brackets) or `lab:NAME`; never throws. */
export function parseAddress(text: string): Address | InvalidAddress {
  if (text === 'local') {
    return { kind: 'local' };
  }
  if (text.startsWith('ssh://')) {
    return parseSsh(text, text.slice('ssh://'.length).replace(/\/$/, ''));
  }
  if (text.startsWith('lab:')) {
    return parseLab(text, text.slice('lab:'.length));
  }
  if (text.startsWith('ssh:')) {
    const rest = text.slice('ssh:'.length).replace(/^\/+/, '');
    return invalid(`${show(text)} lacks the two slashes of an ssh address`, `Write ssh://${rest || 'user@host'}`);
  }
  if (text.trim().toLowerCase() === 'localhost' || text === '') {
    return invalid(`${show(text)} is no target`, 'Write local for this machine, or ssh://user@host');
  }
  return invalid(
    `${show(text)} is no target`,
    `Write local, ssh://user@host[:port] or lab:6.1${/^[\w.@-]+$/.test(text) ? `; perhaps ssh://${text}` : ''}`,
  );
}

/** The text that `parseAddress` reads back as the same address. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case 'local':
      return 'local';
    case 'lab':
      return `lab:${address.guest}`;
    case 'ssh': {
      const user = address.user === undefined ? '' : `${address.user}@`;
      const host = address.host.includes(':') ? `[${address.host}]` : address.host;
      const port = address.port === undefined ? '' : `:${address.port}`;
      return `ssh://${user}${host}${port}`;
    }
    default:
      return address satisfies never;
  }
}

/** What a host is called on the page and in a recording: `host:port`, `lab:6.1`, or this machine's own name. */
export function nodeName(address: Address, ownName: string): string {
  switch (address.kind) {
    case 'local':
      return ownName;
    case 'lab':
      return formatAddress(address);
    case 'ssh':
      return formatAddress({ ...address, user: undefined }).slice('ssh://'.length);
    default:
      return address satisfies never;
  }
}

function parseSsh(text: string, authority: string): Address | InvalidAddress {
  // The last @ divides: "ssh://adm@corp.example@10.0.0.5" is the user adm@corp.example.
  const at = authority.lastIndexOf('@');
  const user = at === -1 ? undefined : authority.slice(0, at);
  const split = splitPort(authority.slice(at + 1));
  if (split === undefined) {
    return invalid(
      `The IPv6 address in ${show(text)} is not closed or not one`,
      'Put it in brackets: ssh://root@[fe80::1]:22',
    );
  }
  const { host, portText } = split;
  if (host === '') {
    return invalid(`${show(text)} names no host`, 'Write ssh://user@host[:port]');
  }
  const wrongHost = unsafeForSsh(host, /[\s\p{Cc}'"`$\\;&<>|(){},/?#[\]]/u);
  if (wrongHost !== undefined) {
    return invalid(`The host in ${show(text)} ${wrongHost}`, 'Write a host name, an ssh alias or an IP address');
  }
  if (user !== undefined) {
    const wrongUser = user === '' ? 'is empty' : unsafeForSsh(user, /[\s\p{Cc}'"`;&<>|(){}/:?#[\]]|\\$/u);
    if (wrongUser !== undefined) {
      return invalid(`The user in ${show(text)} ${wrongUser}`, 'Write ssh://user@host, or leave user@ out');
    }
  }
  if (portText === undefined) {
    return { kind: 'ssh', user, host, port: undefined };
  }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65535) {
    const hint = host.includes(':') ? '' : '; an IPv6 address goes in brackets';
    return invalid(
      `The port ${show(portText)} in ${show(text)} is no port`,
      `Write a number from 1 to 65535 after the colon, or leave it out${hint}`,
    );
  }
  return { kind: 'ssh', user, host, port };
}

function parseLab(text: string, guest: string): Address | InvalidAddress {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(guest)
    ? { kind: 'lab', guest }
    : invalid(`${show(text)} names no lab guest`, 'Write lab: and a name that `npm run lab -- ls` lists, as lab:6.1');
}

/** `[::1]:22` or `host:22` cut in two; undefined for brackets that hold no IPv6 address or do not close. */
function splitPort(text: string): { host: string; portText: string | undefined } | undefined {
  if (text.startsWith('[')) {
    const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
    const host = bracketed?.[1];
    return host !== undefined && isIPv6(host) ? { host, portText: bracketed?.[2] } : undefined;
  }
  if (isIPv6(text)) {
    return { host: text, portText: undefined };
  }
  const colon = text.indexOf(':');
  return colon === -1
    ? { host: text, portText: undefined }
    : { host: text.slice(0, colon), portText: text.slice(colon + 1) };
}

/**
 * Why a word cannot be handed to ssh: a leading dash would make it an option ("-oProxyCommand=…"), and shell characters
 * would reach the shell of a ProxyCommand through %h and %r. The forbidden characters are those of OpenSSH's own
 * valid_hostname() and valid_ruser() (ssh.c, 9.6), and what divides the parts of an address.
 */
function unsafeForSsh(word: string, forbidden: RegExp): string | undefined {
  if (word.startsWith('-')) {
    return 'begins with a dash, which ssh would take for an option';
  }
  const found = forbidden.exec(word)?.[0];
  return found === undefined ? undefined : `holds ${show(found)}`;
}

function invalid(cause: string, remedy: string): InvalidAddress {
  return { kind: 'invalid', cause, remedy };
}

/** JSON's escapes make control characters visible: "a\nb". */
function show(text: string): string {
  return JSON.stringify(text);
}
