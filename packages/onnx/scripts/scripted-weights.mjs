// Weights for measurements: arbitrary but harmless numbers, and controllers that decide a given pattern for any image.
import { gatedBlocks } from '@dmnn/architecture';
import { variableSpecs } from '@dmnn/weights';

/** A fast generator of uniform numbers in [-1, 1): mulberry32. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

/** Weights of an architecture, the same for the same seed. */
export function arbitraryWeights(architecture, seed = 1) {
  const random = generator(seed);
  const weights = new Map();
  for (const { name, shape, role } of variableSpecs(architecture)) {
    const size = shape.reduce((product, length) => product * length, 1);
    const data = new Float32Array(size);
    const fanIn = shape.slice(0, -1).reduce((product, length) => product * length, 1);
    if (role === 'gamma' || role === 'moving-variance')
      for (let i = 0; i < size; i++) data[i] = 1 + 0.3 * random();
    else if (role === 'beta' || role === 'moving-mean' || role.endsWith('bias'))
      for (let i = 0; i < size; i++) data[i] = 0.1 * random();
    else for (let i = 0; i < size; i++) data[i] = Math.sqrt(3 / fanIn) * random();
    weights.set(name, { dtype: 'F32', shape, data });
  }
  return weights;
}

/** The same weights, with controllers that decide `pattern[l][n]`. The controllers still run. */
export function scripted(architecture, weights, pattern) {
  const decided = new Map(weights);
  for (const { path, blockIndex, block } of gatedBlocks(architecture)) {
    const name = `${path}.controller.decide.bias`;
    const data = Float32Array.from({ length: 2 * block.subBlocks.length }, (_, i) => {
      const on = pattern[blockIndex][i >> 1];
      return (i % 2 === 1) === on ? 1e6 : -1e6;
    });
    decided.set(name, { ...weights.get(name), data });
  }
  return decided;
}

/** Gates of which a fraction is open, spread randomly over blocks and sub-blocks. */
export function arbitraryPattern(architecture, share, seed) {
  const random = generator(seed);
  const counts = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const places = counts.flatMap((count, l) => Array.from({ length: count }, (_, n) => [l, n]));
  for (let i = places.length - 1; i > 0; i--) {
    const j = Math.floor(((random() + 1) / 2) * (i + 1));
    [places[i], places[j]] = [places[j], places[i]];
  }
  const pattern = counts.map((count) => Array.from({ length: count }, () => false));
  for (const [l, n] of places.slice(0, Math.round(share * places.length))) pattern[l][n] = true;
  return pattern;
}
