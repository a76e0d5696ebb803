/**
 * Makes items 0 to `count − 1` in parallel and yields them in order. In addition to the item that the consumer waits
 * for, up to `ahead` items are in progress or ready. An error is thrown in its item's place. No item is started after
 * the loop has been left.
 *
 * @param make - called in order; several items may be in progress at a time.
 */
export async function* startAhead<Item>(
  count: number,
  ahead: number,
  make: (index: number) => Promise<Item>,
): AsyncGenerator<Item, void, undefined> {
  const started: Promise<Item>[] = [];
  let next = 0;
  for (let index = 0; index < count; index++) {
    while (next < count && started.length <= ahead) {
      const item = make(next++);
      item.catch(() => undefined); // it may never be requested
      started.push(item);
    }
    yield await (started.shift() as Promise<Item>);
  }
}
