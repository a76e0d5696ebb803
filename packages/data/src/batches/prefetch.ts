import { closeAfterEach } from '@dmnn/foundation';

/**
 * Draws up to `ahead` items from `source` before the consumer requests them, in order. An error of the source is
 * thrown in its place, after the items before it. Leaving the loop early (`return()`) stops the source.
 *
 * @param source - `next()` is never called while an earlier call is pending.
 * @param ahead - most items to hold ready, an integer ≥ 1.
 * @throws RangeError if `ahead` is not an integer ≥ 1.
 * @example
 * ```ts
 * import { prefetch } from '@dmnn/data';
 *
 * async function* squares() {
 *   for (let n = 1; n <= 3; n++) yield n * n;
 * }
 * for await (const square of prefetch(squares(), 2)) console.log(square);
 * ```
 */
export function prefetch<Item>(
  source: AsyncIterable<Item>,
  ahead: number,
): AsyncGenerator<Item, void, undefined> {
  if (!Number.isInteger(ahead) || ahead < 1) {
    throw new RangeError(`ahead: expected an integer ≥ 1 (batches held ready), got ${ahead}`);
  }
  return drawAhead(source, ahead);
}

async function* drawAhead<Item>(
  source: AsyncIterable<Item>,
  ahead: number,
): AsyncGenerator<Item, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  // the source may still be producing an item; generators queue this call behind it
  yield* closeAfterEach(drawn(iterator, ahead), () => iterator.return?.());
}

async function* drawn<Item>(
  iterator: AsyncIterator<Item, unknown>,
  ahead: number,
): AsyncGenerator<Item, void, undefined> {
  const ready: Promise<IteratorResult<Item, unknown>>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const draw = (): void => {
    const next = last.then(() => iterator.next());
    // an item that is never requested, after an error, must not become an unhandled rejection
    next.catch(() => undefined);
    last = next;
    ready.push(next);
  };
  while (ready.length < ahead) draw();
  for (;;) {
    const result = await (ready.shift() as Promise<IteratorResult<Item, unknown>>);
    if (result.done) return;
    draw();
    yield result.value;
  }
}
