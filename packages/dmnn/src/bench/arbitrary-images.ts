import { uniformAt } from '@dmnn/gating';

/** `count` numbers like those of normalised images, in [−2, 2): their values do not affect the time. */
export function arbitraryImages(count: number): Float32Array {
  const some = Float32Array.from({ length: 4096 }, (_, i) => 4 * uniformAt(1, 0, i) - 2);
  return Float32Array.from({ length: count }, (_, i) => some[i % some.length] as number);
}
