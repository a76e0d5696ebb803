/** A category: ImageNet classes that share a synset. */
export interface ImagenetCategory {
  /** Its number, from 0; categories are ordered by their smallest class index. */
  readonly id: number;
  /** The synset that its classes share. */
  readonly wnid: string;
  /** The best-known word of that synset, with ` (other)` if more specific categories contain some of its classes. */
  readonly name: string;
  /** Name of its group; `null` if it has none. */
  readonly group: string | null;
  /** Number of classes in it. */
  readonly size: number;
}
