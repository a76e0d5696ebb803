/** The smallest normal float32: below it a division by the temperature is one by zero. */
const SMALLEST = 2 ** -126;

/** @throws RangeError unless `temperature` is a finite number > 0 that float32 can hold. */
export function assertTemperature(temperature: number): void {
  if (!(temperature >= SMALLEST && temperature < Infinity)) {
    throw new RangeError(
      `temperature: expected a finite number > 0 (at least 2^-126), got ${temperature}; 1 is the usual choice`,
    );
  }
}
