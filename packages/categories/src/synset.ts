/** A noun of WordNet 3.0: a set of words with one meaning. */
export interface Synset {
  /** `n` and its offset in WordNet's `data.noun` in 8 digits. */
  readonly wnid: string;
  /** Its words, the best-known first. */
  readonly lemmas: readonly string[];
  /** Wnids of its hypernyms, the one with the longest chain to *physical entity* first. */
  readonly hypernyms: readonly string[];
  /** Its index among ImageNet's 1000 classes, if it is one. */
  readonly classIndex?: number;
}
