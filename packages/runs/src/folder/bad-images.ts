import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { z } from 'zod';
import type { SkippedImage } from '@dmnn/data';
import { type FileSystem, writeFileDurably } from '@dmnn/foundation/node';
import { describeLineProblems } from '../metrics/metrics-error.js';
import { problemOf } from '../metrics/metrics-line.js';
import { summedLine, summedLines } from '../metrics/summed-lines.js';
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
  /** Checksum of the last line. */
  #sum = 0;

  private constructor(path: string, limit: number, disk: FileSystem) {
    this.#path = path;
    this.#limit = limit;
    this.#disk = disk;
  }

  /**
   * Opens the list of a run folder.
   *
   * @param limit - how many it may hold
   * @param warn - called with the lines that are damaged, which are left out
   * @throws DmnnError `DMNN_BAD_IMAGES` if it holds more already; RangeError if the limit is no integer ≥ 0
   */
  static async open(
    folder: string,
    limit: number,
    disk: FileSystem,
    warn: (message: string) => void,
  ): Promise<BadImages> {
    if (!Number.isInteger(limit) || limit < 0) {
      throw new RangeError(`badImageLimit: expected an integer ≥ 0, got ${limit}`);
    }
    const path = join(folder, 'bad-images.jsonl');
    const list = new BadImages(path, limit, disk);
    if ((await disk.size(path)) === undefined) return list;
    const { lines, problems, end, sum } = summedLines(await disk.readFile(path), 'line');
    const damaged = [...problems];
    for (const { number, json } of lines) {
      const image = imageOf(json);
      if (typeof image === 'string') damaged.push({ line: number, problem: image });
      else list.#remember(image);
    }
    if (damaged.length === 0) {
      await disk.truncate(path, end); // a kill may have left half a line
      list.#sum = sum;
    } else {
      damaged.sort((one, other) => one.line - other.line);
      warn(
        `${path}: expected intact lines, got ${describeLineProblems(damaged)}. They are left out; images that are damaged are listed again where training meets them`,
      );
      await writeFileDurably(path, list.#encoded([...list.#known.values()]), disk);
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
      await this.#disk.append(this.#path, this.#encoded([{ split, index, problem }]));
      added.push({ index, problem });
    }
    if (added.length > 0) await this.#disk.sync(this.#path);
    this.#assertFew();
    return added;
  }

  /** The next lines of the file. */
  #encoded(images: readonly BadImage[]): Uint8Array {
    const lines = images.map(({ split, index, problem }) => {
      const { bytes, sum } = summedLine(JSON.stringify({ split, index, problem }), 'line', this.#sum);
      this.#sum = sum;
      return bytes;
    });
    return Buffer.concat(lines);
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

/** An image of a line, or what is wrong with the line. */
function imageOf(line: Uint8Array): BadImage | string {
  const schema = z.looseObject({
    split: z.enum(['train', 'test']),
    index: z.int().min(0),
    problem: z.looseObject({ file: z.string(), expected: z.string(), got: z.string() }),
  });
  try {
    const value = parseJson(line);
    return problemOf(schema, value) ?? (value as BadImage);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
