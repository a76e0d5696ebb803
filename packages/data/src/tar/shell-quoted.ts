/** A path as a word of a shell command. */
export function shellQuoted(path: string): string {
  return /^[\w./+:@%=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
