/** Stand for bytes that are not UTF-8, 0x80 to 0xff, in a path. With `u`, halves of a pair do not match. */
const UNREADABLE = /[\udc80-\udcff]/u;

/**
 * A path as a text, from its bytes. In a name that is not UTF-8, which Linux allows, each byte from 0x80 on is written as a
 * lone surrogate (as by Python's `surrogateescape`), so that `systemPath` finds the bytes again.
 *
 * @param bytes - as the system gives them
 */
export function pathOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = buffer.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text, 'utf8').equals(buffer)) return text;
  const names: string[] = [];
  for (let from = 0; from <= buffer.length;) {
    const slash = buffer.indexOf(0x2f, from);
    const end = slash < 0 ? buffer.length : slash;
    names.push(nameOf(buffer.subarray(from, end)));
    from = end + 1;
  }
  return names.join('/');
}

function nameOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join('');
}

/** What the system takes for a path of `pathOf`: the text itself, or its bytes if they are not UTF-8. */
export function systemPath(path: string): string | Buffer {
  if (!UNREADABLE.test(path)) return path;
  const pieces = Array.from(path, (character) =>
    UNREADABLE.test(character) ? Buffer.of(character.charCodeAt(0) & 0xff) : Buffer.from(character),
  );
  return Buffer.concat(pieces);
}

/** A path of `pathOf` for people: bytes that are not UTF-8 as `\xff`. */
export function shownPath(path: string): string {
  if (!UNREADABLE.test(path)) return path;
  return Array.from(path, (character) =>
    UNREADABLE.test(character) ? `\\x${(character.charCodeAt(0) & 0xff).toString(16)}` : character,
  ).join('');
}
