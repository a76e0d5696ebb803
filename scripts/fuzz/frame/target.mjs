import { Random } from './random.mjs';
import { changes } from './changes.mjs';

/**
 * A file to start from.
 * @typedef {object} Base
 * @property {string} name for messages
 * @property {Uint8Array} bytes
 * @property {boolean} [refused] our reader refuses it even unchanged
 */

/**
 * What a file under `scripts/fuzz/` exports as default.
 * @typedef {object} Target
 * @property {() => Base[] | Promise<Base[]>} bases called once per process; the same every time
 * @property {(input: Input) => unknown} read our reader: the value it finds, as JSON (no undefined, NaN, bigint, typed array),
 *   or a promise of it. Throws what our reader throws
 * @property {(error: unknown) => boolean} [typed] whether this error is one of ours. Default: its `code` begins with `DMNN_`
 * @property {(options: { quick: boolean }) => Promise<{ missing: string } | { missing?: undefined, remark: string }>} [prepare] makes
 *   what reading needs, before anything is read: what is missing, by which the target is skipped, or a remark for the closing line
 * @property {{ file: string, name: string }} [oracle] the independent reader: a Python file next to the target with
 *   `read(data: bytes)` and `version()`, and what to call it. Without one, nothing is compared
 * @property {(ours: any, theirs: any) => string | undefined} [differs] how two values differ. Default: as JSON, exactly
 * @property {readonly Stricter[]} [stricter] what our reader refuses on purpose although the independent one reads it. If a
 *   target has this, refused files are compared too: those that the independent reader reads are counted by these names, and one
 *   that has none is a failure
 * @property {(bytes: Uint8Array) => [from: number, to: number][]} [hot] parts of a file that get half of the changes: headers
 * @property {import('./changes.mjs').Change[]} [changes] changes that know the format; they are half of all
 * @property {(bytes: Uint8Array) => Uint8Array} [repair] sets check sums and lengths right again; done to half of the mutations
 */

/**
 * A kind of file that our reader refuses on purpose although the independent one reads it.
 * @typedef {object} Stricter
 * @property {string} name for the closing line
 * @property {RegExp} message of our reader's error
 */

/**
 * What a target reads.
 * @typedef {object} Input
 * @property {Uint8Array} bytes
 * @property {(name: string) => string} write writes the bytes as a file of this name into a new folder, and says where
 * @property {() => void} passed to be called once it is known that the header of the file can be read, if reading it is
 *   refused for something after that; a file that is read has passed without
 */

/**
 * The target of this name, with its mutations: mutation `index` depends on the seed and the index only.
 * @param {string} name
 */
export async function loadTarget(name) {
  /** @type {Target} */
  const target = (await import(new URL(`../${name}.mjs`, import.meta.url).href)).default;
  const bases = await target.bases();
  return {
    target,
    bases,
    /** @param {number} seed @param {number} index @returns {{ bytes: Uint8Array, from: string }} */
    mutation(seed, index) {
      const random = new Random(seed, index);
      const base = random.pick(bases);
      const other = random.pick(bases).bytes;
      const count = random.chance(0.5) ? 1 : 2 + random.below(5);
      let { bytes } = base;
      for (let i = 0; i < count; i++) {
        const hot = (random.chance(0.5) && target.hot?.(bytes)) || [];
        const at = (/** @type {Random} */ random) => place(random, bytes.length, hot);
        const own = random.chance(0.5) ? target.changes : undefined;
        bytes = random.pick(own ?? changes)(bytes, random, at, other);
        if (bytes.length > 4 * base.bytes.length + 65536) bytes = bytes.slice(0, base.bytes.length); // doubled too often
      }
      if (random.chance(0.5) && target.repair) bytes = target.repair(bytes);
      return { bytes, from: `${base.name}, ${count === 1 ? '1 change' : `${count} changes`}` };
    },
  };
}

/** @param {Random} random @param {number} length @param {[number, number][]} hot */
function place(random, length, hot) {
  if (hot.length === 0) return random.below(length);
  const [from, to] = random.pick(hot);
  return Math.max(0, Math.min(length - 1, from + random.below(Math.max(1, to - from))));
}
