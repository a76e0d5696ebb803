/**
 * Draws up to `ahead` items from `source` before they are asked for, in order. An error of the source reaches the
 * consumer at its place, after the items before it. Leaving the loop early (`return()`) stops the source.
 *
 * @param source - drawn from by one call of `next()` at a time.
 * @param ahead - items held ready at most, an integer ≥ 1.
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
  const ready: Promise<IteratorResult<Item, unknown>>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const draw = (): void => {
    const next = last.then(() => iterator.next());
    // an item that nobody asks for after an error must not be an unhandled rejection
    next.catch(() => undefined);
    last = next;
    ready.push(next);
  };
  try {
    while (ready.length < ahead) draw();
    for (;;) {
      const result = await (ready.shift() as Promise<IteratorResult<Item, unknown>>);
      if (result.done) return;
      draw();
      yield result.value;
    }
  } finally {
    // the source may still be drawing; generators queue the call behind it
    await iterator.return?.();
  }
}
