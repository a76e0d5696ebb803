/** @throws RangeError unless `rate` is a valid target rate, in (0, 1]. */
export function assertTarget(rate: number, name = 'target'): void {
  if (!(rate > 0 && rate <= 1)) throw new RangeError(`${name}: expected a fraction in (0, 1], got ${rate}`);
}
