/** A category: ImageNet classes that share a synset. */
export interface ImagenetCategory {
  /** Its number, from 0, by the smallest class index in it. */
  readonly id: number;
  /** The synset that its classes share. */
  readonly wnid: string;
  /** That synset's best known word, with ` (other)` where more specific categories took classes away. */
  readonly name: string;
  /** Name of the group it lies in, `null` outside all. */
  readonly group: string | null;
  /** Number of classes in it. */
  readonly size: number;
}
