// Keeps what `dmnn demo --json` printed as a log of docs/results/demo, without the paths of this machine:
//   npx dmnn demo --seed 1 --json --backend wasm > one.json
//   node scripts/keep-demo.mjs one.json …
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as prettier from 'prettier';
import { demoDirectory, withoutPaths } from './results/demo.mjs';

const files = process.argv.slice(2);
if (files.length === 0) throw new Error('expected files of `dmnn demo --json`, got none');
mkdirSync(demoDirectory, { recursive: true });
for (const file of files) {
  const log = withoutPaths(readFileSync(file, 'utf8'));
  const path = `${demoDirectory}/seed-${log.seed}.json`;
  const options = { ...(await prettier.resolveConfig(path)), filepath: path };
  writeFileSync(path, await prettier.format(JSON.stringify(log, null, 2), options));
  console.log(path);
}
