import type { Batch } from '@dmnn/data';

/** Where in training an epoch is entered. */
export interface EpochPlace {
  readonly epoch: number;
  /** Steps of the epoch that are done already. */
  readonly stepInEpoch: number;
}

/**
 * The training batches of a run, epoch by epoch. The first can be made before they are asked for: threads that decode
 * images start and compile while the network is built.
 */
export class EpochBatches {
  readonly #open: (place: EpochPlace) => AsyncIterable<Batch>;
  #started: { readonly place: EpochPlace; readonly batches: AsyncIterableIterator<Batch> } | undefined;

  /** @param open - opens the batches of an epoch, from a place on */
  constructor(open: (place: EpochPlace) => AsyncIterable<Batch>) {
    this.#open = open;
  }

  /** Begins to make the batches of a place; errors reach who takes them. */
  start(place: EpochPlace): void {
    this.close();
    this.#started = { place, batches: begun(this.#open(place)) };
  }

  /** The batches of an epoch from a place on: those that were started, if it is the same. */
  from(place: EpochPlace): AsyncIterable<Batch> {
    const started = this.#started;
    const isSame = started?.place.epoch === place.epoch && started.place.stepInEpoch === place.stepInEpoch;
    if (!started || !isSame) return this.#open(place);
    this.#started = undefined;
    return started.batches;
  }

  /** Stops what was started and not taken. */
  close(): void {
    // nobody waits for them any more, so nobody asks how that ends
    this.#started?.batches.return?.().catch(() => undefined);
    this.#started = undefined;
  }
}

/** The same items, the first of which is being made. */
function begun<Item>(source: AsyncIterable<Item>): AsyncIterableIterator<Item> {
  const iterator = source[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<Item>> | undefined = iterator.next();
  first.catch(() => undefined); // it may never be asked for
  const begunOnes: AsyncIterableIterator<Item> = {
    [Symbol.asyncIterator]: () => begunOnes,
    next: () => {
      const next = first ?? iterator.next();
      first = undefined;
      return next;
    },
    return: () => iterator.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
  return begunOnes;
}
