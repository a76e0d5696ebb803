import { basename, dirname, extname } from 'node:path';
import { printable } from '@dmnn/foundation';
import { shownPath } from '../system-path.js';

/** The images of a shard by the samples that they belong to: those of one key, in WebDataset's sense. */
export class TarSamples {
  /** Images by their paths without extension. */
  readonly #images = new Map<string, string>();
  /** Images whose names give their classes, by their names up to the first point. */
  readonly #keys = new Map<string, string>();
  #sharing = 0;
  #example = '';

  /**
   * Takes an image.
   *
   * @param classed - whether a file next to it gives its class, and so says what belongs to it
   * @returns another image of the same sample, which has two then; undefined if there is none
   */
  take(image: string, classed: boolean): string | undefined {
    const stem = image.slice(0, image.length - extname(image).length);
    const other = this.#images.get(stem);
    this.#images.set(stem, image);
    if (classed) return other;
    const name = basename(image);
    const key = `${dirname(image)}/${name.split('.', 1)[0] ?? name}`;
    const near = this.#keys.get(key);
    this.#keys.set(key, image);
    if (near !== undefined && this.#sharing++ === 0) this.#example = `${near} and ${image}`;
    return other;
  }

  /** What was guessed: that `a.jpg` and `a.copy.jpg`, both with a class in their names, are two images. */
  remarks(shard: string): string[] {
    if (this.#sharing === 0) return [];
    const images = this.#sharing === 1 ? '1 image begins' : `${this.#sharing} images begin`;
    return [
      `${shownPath(shard)}: ${images} with the name of another up to a point (${printable(this.#example)}): each is read as an image of its own.`,
    ];
  }
}
