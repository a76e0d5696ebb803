// Mutates safetensors files at random, reads them, and compares each outcome with that of an independent reader.
//   node packages/weights/scripts/fuzz-safetensors.mjs [MUTATIONS = 1000000] [SEED = 1]
// Needs a build (npm run build). Exits 1 at the first disagreement or untyped error, and prints the bytes.
import { fuzzOnce } from '../dist/safetensors/fixtures/fuzz-safetensors.js';
import { drawsOf, mutated, soundFiles } from '../dist/safetensors/fixtures/mutate-safetensors.js';

const [mutations, seed] = [Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 1)];
const draw = drawsOf(seed);
const files = soundFiles();
const outcomes = new Map();
const start = performance.now();
for (let i = 0; i < mutations; i++) {
  const bytes = mutated(files[i % files.length], draw);
  try {
    const outcome = fuzzOnce(bytes);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  } catch (error) {
    console.error(
      `mutation ${i} of seed ${seed}: ${error instanceof Error ? error.stack : error}\n${Buffer.from(bytes).toString('hex')}`,
    );
    process.exit(1);
  }
}
const seconds = (performance.now() - start) / 1000;
console.log(
  `${mutations} mutations of seed ${seed} in ${seconds.toFixed(1)} s: each gave a typed error or the right tensors`,
);
for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1]))
  console.log(`${outcome.padEnd(16)}${count}`);
