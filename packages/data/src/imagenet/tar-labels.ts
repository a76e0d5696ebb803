import type { FileHandle } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { parseJson, printable } from '@dmnn/foundation';
import { DataError } from '../data-error.js';
import type { TarFiles } from '../tar/tar-files.js';
import { contents } from '../tar/tar-members.js';
import { imagenetWnids } from './imagenet-labels.js';
import { OFFICIAL_VALIDATION, isOfficialValidation } from './official-validation.js';

/** A file with labels has a few bytes, or, as JSON, some kilobytes. */
const LARGEST_LABEL = 1 << 20;

/** How the classes of images in archives are known. */
export interface TarClasses {
  /** The class that a file gives, by a number or a name; undefined if it is none. */
  given(text: string): number | undefined;
  /**
   * The classes that names give.
   *
   * @param isGiven - whether a file gives one
   */
  named(
    image: string,
    shard: string,
    isGiven: boolean,
  ): readonly { readonly source: string; readonly label: number }[];
  /** What gives a class, for messages. */
  expected(stem: string): string;
  /** `ImageNet` */
  readonly of: string;
}

/** The classes of ImageNet: by number or wnid, or a wnid at the start of a name. */
export function imagenetTarClasses(): TarClasses {
  const classes = new Map(imagenetWnids().map((wnid, label) => [wnid, label]));
  return {
    of: 'ImageNet',
    given(text) {
      const label = classes.get(text) ?? wholeNumber(text);
      return label === undefined || label >= classes.size ? undefined : label;
    },
    named(image, shard) {
      const folders = image.split('/').slice(0, -1);
      return [basename(image), ...folders, basename(shard)].flatMap((name) => {
        const label = classes.get(/^n\d{8}(?!\d)/.exec(name)?.[0] ?? '');
        return label === undefined ? [] : [{ source: `the name ${name}`, label }];
      });
    },
    expected: (stem) =>
      `a class of ImageNet: a number from 0 to ${classes.size - 1} in ${stem}.cls or as label in ${stem}.json, or a name that begins with a wnid`,
  };
}

/** Reads the classes of the images of a shard. */
export class TarLabels {
  /** The files with labels that an image has. */
  readonly used: Set<string> = new Set<string>();
  readonly #owners = new Map<string, string>();

  /** @param shard - the archive's path */
  constructor(
    readonly archive: FileHandle,
    readonly shard: string,
    readonly files: TarFiles,
    readonly classes: TarClasses,
  ) {}

  /**
   * The class of an image: by the number or name in the `.cls` file or as `label` in the `.json` file of the same name, or else
   * of a shorter name that ends at a point (`img.v0.jpg` takes `img.v0.cls`, or else `img.cls`); or by names, as `classes`
   * say. All that are present must agree.
   *
   * @returns as `classes` numbers them
   * @throws DataError naming the image
   */
  async of(image: string): Promise<number> {
    const found: { readonly source: string; readonly label: number }[] = [];
    for (const file of this.filesOf(image)) {
      const owner = this.#owners.get(file);
      if (owner !== undefined) {
        throw this.#problem(image, 'one image in each sample', `${owner} and ${image}, both with ${file}`);
      }
      this.#owners.set(file, image);
      this.used.add(file);
      const given = await this.#given(image, file);
      if (given === undefined) continue;
      const label = this.classes.given(given);
      if (label === undefined) throw this.#noClass(image, JSON.stringify(given));
      found.push({ source: file, label });
    }
    found.push(...this.classes.named(image, this.shard, found.length > 0));
    const [first, ...others] = found;
    if (!first) throw this.#noClass(image, 'none');
    const other = others.find(({ label }) => label !== first.label);
    if (!other) return first.label;
    const got = `${first.label} by ${first.source} and ${other.label} by ${other.source}`;
    throw this.#problem(image, `one class of ${this.classes.of}`, got);
  }

  /** The files in which the class of an image is, or may be. */
  filesOf(image: string): string[] {
    const folder = image.slice(0, image.length - basename(image).length);
    let stem = basename(image);
    while (stem.includes('.', 1)) {
      stem = stem.slice(0, stem.lastIndexOf('.'));
      const names = ['.cls', '.json', '.CLS', '.JSON'].map((end) => `${folder}${stem}${end}`);
      const present = names.filter((name) => this.files.has(name));
      if (present.length > 0) return present;
    }
    return [];
  }

  async #given(image: string, file: string): Promise<string | undefined> {
    const found = this.files.find(file);
    if (typeof found === 'string') throw this.#problem(file, `a file with the class of ${image}`, found);
    if (found.length > LARGEST_LABEL) {
      throw this.#problem(file, `a class in at most ${LARGEST_LABEL} bytes`, `${found.length} bytes`);
    }
    const text = (await contents(this.archive, found.offset, found.length)).toString();
    return extname(file).toLowerCase() === '.json' ? labelInJson(text) : text.trim();
  }

  #noClass(image: string, got: string): DataError {
    const stem = basename(image, extname(image));
    return this.#problem(
      image,
      this.classes.expected(stem),
      got,
      isOfficialValidation([image])
        ? OFFICIAL_VALIDATION
        : 'Write the shards with classes, or use the class folders.',
    );
  }

  #problem(
    member: string,
    expected: string,
    got: string,
    remedy = 'Correct the archive: what it says has more than one meaning.',
  ): DataError {
    return new DataError({
      file: `${this.shard}/${printable(member)}`,
      expected: printable(expected, 600),
      got: printable(got, 600),
      remedy,
    });
  }
}

/** The label in a JSON object; undefined if it has none. What is no number or text is given as JSON, which is no class. */
function labelInJson(text: string): string | undefined {
  let label: unknown;
  try {
    const object = parseJson(text);
    if (typeof object !== 'object' || object === null || !('label' in object)) return undefined;
    ({ label } = object);
  } catch {
    return text; // the message shows it
  }
  return typeof label === 'number' || typeof label === 'string' ? String(label) : JSON.stringify(label);
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}
