/** A task's name from the two 8-byte halves that the probes print: names hold spaces, newlines and any bytes at all. */

/** `commLow` and `commHigh` are the little-endian halves of task_struct.comm as hex; bytes that are no UTF-8 become U+FFFD. */
export function commText(commLow: string, commHigh: string): string {
  const bytes = new Uint8Array(16);
  const halves = new DataView(bytes.buffer);
  halves.setBigUint64(0, BigInt(`0x${commLow}`), true);
  halves.setBigUint64(8, BigInt(`0x${commHigh}`), true);
  const end = bytes.indexOf(0);
  const text = new TextDecoder('utf-8').decode(end < 0 ? bytes : bytes.subarray(0, end));
  // A name may hold a newline or an escape sequence; shown as they are they could forge a line in a terminal.
  return text.replace(/\p{Cc}/gu, '\u{FFFD}');
}
