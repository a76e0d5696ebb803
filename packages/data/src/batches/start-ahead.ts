/**
 * Makes items 0 to `count − 1` and hands them out in order; besides the one that is waited for, up to `ahead` are being
 * made or lie ready. An error reaches the consumer at its place. After the loop is left no more are started.
 *
 * @param make - called in order; what it does may go on at the same time.
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
      item.catch(() => undefined); // it may never be asked for
      started.push(item);
    }
    yield await (started.shift() as Promise<Item>);
  }
}
