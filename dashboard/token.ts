/** The token's way from the address bar to this tab's memory, so that no history, bookmark or screenshot keeps it. */

const key = 'glockscope.token';

/** The token from `#token=…`, or the one that this tab had before; null when there is neither. */
export function takeToken(): string | null {
  const inAddress = /^#token=([0-9a-f]+)$/.exec(location.hash)?.[1];
  if (inAddress === undefined) return sessionStorage.getItem(key);
  sessionStorage.setItem(key, inAddress);
  history.replaceState(null, '', location.pathname + location.search);
  return inAddress;
}
