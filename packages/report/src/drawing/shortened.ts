/** A text of at most so many characters; what is cut off shows as `…`. */
export function shortened(text: string, characters: number): string {
  const all = Array.from(text); // by code points: half a character is none
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join('')}…`;
}
