import { philox4x32 } from '@dmnn/foundation';

/** A variable of a network: `variableSpecs` of @dmnn/weights gives them, which tests of that package too would import. */
interface Variable {
  readonly name: string;
  readonly shape: readonly number[];
  readonly role: string;
}

/** Numbers of a variable. */
interface Numbers {
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * Weights with nontrivial statistics and controllers that decide differently per image: a pure function of the seed.
 */
export function arbitraryNumbers(variables: readonly Variable[], seed: number): Map<string, Numbers> {
  const weights = new Map<string, Numbers>();
  for (const [index, { name, shape, role }] of variables.entries()) {
    const size = shape.reduce((product, length) => product * length, 1);
    const fanIn = size / (shape[shape.length - 1] as number);
    const value = (i: number) => {
      const u = 2 * uniformAt(seed, index, i) - 1;
      if (role === 'gamma' || role === 'moving-variance') return 1 + 0.5 * u;
      if (role === 'beta' || role === 'moving-mean' || role === 'bias') return 0.3 * u;
      if (role === 'controller-bias') return 0.2 * u;
      return u * Math.sqrt((role === 'controller-weight' ? 12 : 3) / fanIn);
    };
    weights.set(name, { dtype: 'F32', shape, data: Float32Array.from({ length: size }, (_, i) => value(i)) });
  }
  return weights;
}

/** Numbers in (−2, 2): a pure function of the seed. */
export function arbitraryImage(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => 4 * uniformAt(seed, 7, i) - 2);
}

/** A number in (0, 1), by counters: `uniformAt` of @dmnn/gating, which needs tensors. */
function uniformAt(seed: number, index: number, i: number): number {
  const [high, low] = philox4x32([index, i, 0, 0], [seed, 2 ** 22]);
  return (high * 2 ** 20 + (low >>> 12) + 0.5) * 2 ** -52;
}
