/** Shortens a text to at most `characters` characters, ending in `…` if it was cut. */
export function shortened(text: string, characters: number): string {
  const all = Array.from(text); // by code points, so that no surrogate pair is split
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join('')}…`;
}
