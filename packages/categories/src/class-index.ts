/** Throws a RangeError unless `classIndex` is an integer from 0 to `count − 1`. */
export function assertClassIndex(classIndex: number, count: number): void {
  if (!Number.isInteger(classIndex) || classIndex < 0 || classIndex >= count) {
    throw new RangeError(`classIndex: expected an integer from 0 to ${count - 1}, got ${classIndex}`);
  }
}
