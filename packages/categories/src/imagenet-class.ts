/** One of the 1000 classes of ILSVRC-2012. */
export interface ImagenetClass {
  /** 0 to 999. */
  readonly index: number;
  /** WordNet 3.0's noun synset: `n` and its offset in 8 digits. The folder's name in ImageNet. */
  readonly wnid: string;
  /** Its words, the best known first. */
  readonly names: readonly string[];
}
