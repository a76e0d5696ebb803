/** A part of WordNet whose boundary no category may cross. */
export interface CategoryGroup {
  /** The `group` of its categories. */
  readonly name: string;
  /** The synset at its top. */
  readonly wnid: string;
}

/** The four groups of the paper's Fig. 7. @see DMNN Fig. 7 */
export const imagenetGroups: readonly CategoryGroup[] = [
  { name: 'animals', wnid: 'n00015388' },
  { name: 'artifacts', wnid: 'n00021939' },
  { name: 'natural objects', wnid: 'n00019128' },
  { name: 'geological formations', wnid: 'n09287968' },
];
