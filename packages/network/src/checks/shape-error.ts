import { DmnnError } from '@dmnn/foundation';

/**
 * A tensor of the wrong shape, or a list of the wrong length.
 *
 * @param expected - the expected shape, as text
 */
export function shapeError(
  argument: string,
  expected: string,
  got: readonly number[],
  remedy: string,
): DmnnError {
  return new DmnnError(
    'DMNN_SHAPE',
    `${argument}: expected ${expected}, got [${got.join(', ')}]. ${remedy}`,
    { details: { argument, expected, got } },
  );
}
