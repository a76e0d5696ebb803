/** One of the 1000 classes of ILSVRC-2012. */
export interface ImagenetClass {
  /** 0 to 999. */
  readonly index: number;
  /** Its noun synset in WordNet 3.0: `n` and the offset in 8 digits. Also the name of its folder in ImageNet. */
  readonly wnid: string;
  /** Its words, the best-known first. */
  readonly names: readonly string[];
}
