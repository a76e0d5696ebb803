import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import type { SkippedImage } from '@dmnn/data';
import type { FileSystem } from '@dmnn/foundation/node';
import { badImagesError } from './bad-images-error.js';

/** A line of `bad-images.jsonl`. */
interface BadImage extends SkippedImage {
  readonly split: 'train' | 'test';
}

/** Adds damaged images to a run's list and reports the new ones. @throws DmnnError `DMNN_BAD_IMAGES` if there are too many */
export async function listBadImages(
  list: BadImages,
  split: 'train' | 'test',
  skipped: readonly SkippedImage[],
  warn: (message: string) => void,
): Promise<void> {
  for (const { problem } of await list.add(split, skipped))
    warn(`left out: ${problem.file} is damaged (${problem.got}); ${list.count} so far`);
}

/**
 * The damaged images that a run has met, each once, over all epochs and resumptions: `bad-images.jsonl`. Batches are
 * the same again after a resumption, and so are the images that are met in them.
 */
export class BadImages {
  readonly #path: string;
  readonly #limit: number;
  readonly #disk: FileSystem;
  readonly #known = new Map<string, BadImage>();

  private constructor(path: string, limit: number, disk: FileSystem) {
    this.#path = path;
    this.#limit = limit;
    this.#disk = disk;
  }

  /**
   * Opens the list of a run folder.
   *
   * @param limit - how many it may hold
   * @throws DmnnError `DMNN_BAD_IMAGES` if it holds more already; RangeError if the limit is no integer ≥ 0
   */
  static async open(folder: string, limit: number, disk: FileSystem): Promise<BadImages> {
    if (!Number.isInteger(limit) || limit < 0) {
      throw new RangeError(`badImageLimit: expected an integer ≥ 0, got ${limit}`);
    }
    const path = join(folder, 'bad-images.jsonl');
    const list = new BadImages(path, limit, disk);
    if ((await disk.size(path)) === undefined) return list;
    const bytes = await disk.readFile(path);
    const whole = bytes.lastIndexOf(10) + 1; // a kill may have left half a line
    await disk.truncate(path, whole);
    for (const line of new TextDecoder().decode(bytes.subarray(0, whole)).split('\n').filter(Boolean)) {
      list.#remember(parseJson(line) as BadImage);
    }
    list.#assertFew();
    return list;
  }

  /** How many are known. */
  get count(): number {
    return this.#known.size;
  }

  /**
   * Adds those that are new.
   *
   * @returns them
   * @throws DmnnError `DMNN_BAD_IMAGES` if there are more than allowed, after all of these are on the list
   */
  async add(split: BadImage['split'], skipped: readonly SkippedImage[]): Promise<readonly SkippedImage[]> {
    const added: SkippedImage[] = [];
    for (const { index, problem } of skipped) {
      if (!this.#remember({ split, index, problem })) continue;
      const line = `${JSON.stringify({ split, index, problem })}\n`;
      await this.#disk.append(this.#path, new TextEncoder().encode(line));
      added.push({ index, problem });
    }
    if (added.length > 0) await this.#disk.sync(this.#path);
    this.#assertFew();
    return added;
  }

  /** @returns whether it was new */
  #remember(image: BadImage): boolean {
    const key = `${image.split} ${image.index}`;
    if (this.#known.has(key)) return false;
    this.#known.set(key, image);
    return true;
  }

  #assertFew(): void {
    if (this.count > this.#limit)
      throw badImagesError([...this.#known.values()], this.#limit, { canResume: true });
  }
}
