import { posix } from 'node:path';
import type { PassedOver } from '../found-images.js';
import { shownPath } from '../system-path.js';
import { isUnfinishedName } from './unfinished-download.js';

/** Counts what is passed over, by reason, unit and extension. */
export class PassedOverFiles {
  readonly #kinds = new Map<string, PassedOver>();

  /** Counts one, or as many as `count` of the kind of `example`. */
  add({ count = 1, ...kind }: Omit<PassedOver, 'count'> & { readonly count?: number }): void {
    const key = JSON.stringify([kind.reason, kind.unit, kind.extension]);
    const known = this.#kinds.get(key);
    this.#kinds.set(
      key,
      known ? { ...known, count: known.count + count } : { ...kind, example: shownPath(kind.example), count },
    );
  }

  /** Counts a file, or another unit, whose format is not read, or that is not there as a whole. */
  notRead(example: string, unit: PassedOver['unit'] = 'file'): void {
    const reason = isUnfinishedName(example) ? 'unfinished download' : 'not read';
    const extension = /\.tar\.\w+$/i.exec(example)?.[0] ?? posix.extname(example);
    this.add({ reason, unit, extension: extension.toLowerCase() || undefined, example });
  }

  /** Adds what another counter or a stored list holds. */
  addAll(kinds: readonly PassedOver[]): void {
    for (const kind of kinds) this.add(kind);
  }

  /** The kinds in the order in which they were met. */
  list(): PassedOver[] {
    return [...this.#kinds.values()];
  }
}
