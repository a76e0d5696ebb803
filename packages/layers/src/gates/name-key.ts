/** A number in 0 … 2³¹ − 1 of a name (FNV-1a), so that layers with the same seed have different noise. */
export function nameKey(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return hash >>> 1;
}
