/** The smallest normal float32: a division by a smaller temperature is a division by zero. */
const SMALLEST = 2 ** -126;

/** @throws RangeError unless `temperature` is a finite number > 0 that float32 can represent. */
export function assertTemperature(temperature: number): void {
  if (!(temperature >= SMALLEST && temperature < Infinity)) {
    throw new RangeError(
      `temperature: expected a finite number > 0 (at least 2^-126), got ${temperature}; 1 is the usual choice`,
    );
  }
}
