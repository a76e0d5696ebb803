import { nameOf } from './tar-header.js';

/**
 * Parses the records of an extended header, `LENGTH KEY=VALUE\n` each; values may hold anything.
 *
 * @returns the values by key; undefined if a record is damaged or a key appears twice with different values, sparse maps
 *   excepted, which are made of such
 */
export function parsePaxRecords(bytes: Buffer): Map<string, string> | undefined {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length && bytes[at] !== 0) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? '' : bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,8}$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a) return undefined;
    const equals = bytes.indexOf(0x3d, space);
    if (equals <= space + 1 || equals >= end) return undefined;
    const [key, value] = [
      nameOf(bytes.subarray(space + 1, equals)),
      nameOf(bytes.subarray(equals + 1, end - 1)),
    ];
    if (records.has(key) && records.get(key) !== value && !key.startsWith('GNU.sparse.')) return undefined;
    records.set(key, value);
    at = end;
  }
  return bytes.subarray(at).every((byte) => byte === 0) ? records : undefined;
}
