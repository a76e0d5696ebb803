// Runs files of `exportOnnx` in a real browser and compares them with ONNX Runtime in Node: the same gates, the same
// multiply-accumulates, logits within 1e-4 of the largest; then measures the time with open and closed gates.
//   node packages/onnx/scripts/check-browser.mjs FOLDER [--chromium /usr/bin/chromium] [--models a,b] [--rounds 20]
// FOLDER/node_modules has the packed @dmnn/onnx, onnxruntime-web, vite and playwright-core, like a user's project.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createArchitecture } from '@dmnn/backbones';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { arbitraryPattern, arbitraryWeights, scripted } from './scripted-weights.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    models: { type: 'string', default: 'dmnn-cifar-resnet20-n2,dmnn-mobilenetv2-n2,dmnn50-n2' },
    rounds: { type: 'string', default: '20' },
  },
});
const folder = resolve(positionals[0] ?? '.');
const own = createRequire(join(folder, 'package.json'));
const load = async (name) => import(pathToFileURL(own.resolve(name)).href);

/** The page: opens a file from the server, runs images generated from a seed, and returns the results. */
const page = `
import { DynamicSession } from '@dmnn/onnx';
import * as ort from 'onnxruntime-web/wasm';

ort.env.wasm.wasmPaths = '/';
ort.env.wasm.numThreads = 1;
export async function run(file, images, rounds) {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  const session = await DynamicSession.create(bytes, { runtime: ort });
  const { imageSizePx } = session.description;
  const image = (seed) => Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i * (seed + 1)));
  const results = [];
  for (let seed = 0; seed < images; seed++) {
    const { logits, gates, macs } = await session.run(image(seed));
    results.push({ logits: [...logits], gates, macs });
  }
  let ms = Infinity;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    await session.run(image(0));
    ms = Math.min(ms, performance.now() - began);
  }
  await session.close();
  return { results, ms };
}
globalThis.run = run;
`;

const built = join(folder, 'browser-check');
rmSync(built, { recursive: true, force: true });
mkdirSync(join(built, 'source'), { recursive: true });
writeFileSync(join(built, 'source', 'page.js'), page);
writeFileSync(
  join(built, 'source', 'index.html'),
  '<!doctype html><title>check</title><script type="module" src="/page.js"></script>',
);
const { build } = await load('vite');
await build({
  root: join(built, 'source'),
  logLevel: 'error',
  build: { outDir: join(built, 'site'), target: 'esnext' },
});
const engine = join(folder, 'node_modules/onnxruntime-web/dist');
for (const name of ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
  copyFileSync(join(engine, name), join(built, 'site', name));

/** @type {Record<string, string>} */
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
const server = createServer((request, response) => {
  const path = join(built, 'site', request.url === '/' ? 'index.html' : (request.url ?? ''));
  if (!existsSync(path)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' });
  response.end(readFileSync(path));
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));

const { chromium } = (await load('playwright-core')).default;
const browser = await chromium.launch({
  executablePath: flags.chromium,
  args: ['--no-sandbox', '--disable-gpu'],
});
const tab = await browser.newPage();
tab.on('pageerror', (error) => console.error(String(error)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
await tab.goto(`http://127.0.0.1:${port}/`);
await tab.waitForFunction('globalThis.run !== undefined');
console.log(await tab.evaluate('navigator.userAgent'));

const image = (sizePx, seed) =>
  Float32Array.from({ length: 3 * sizePx ** 2 }, (_, i) => Math.sin(i * (seed + 1)));
let failed = false;
for (const name of flags.models.split(',')) {
  const architecture = createArchitecture(name);
  const weights = arbitraryWeights(architecture);
  const times = {};
  for (const share of ['controllers', 1, 0.5]) {
    const decided =
      share === 'controllers'
        ? weights
        : scripted(architecture, weights, arbitraryPattern(architecture, share, 1));
    const bytes = exportOnnx({ architecture, weights: decided });
    writeFileSync(join(built, 'site', 'model.onnx'), bytes);
    const images = share === 'controllers' ? 4 : 1;
    const { results, ms } = await tab.evaluate(
      ([images, rounds]) => globalThis.run('/model.onnx', images, rounds),
      [images, share === 'controllers' ? 0 : Number(flags.rounds)],
    );
    times[share] = { ms, macs: results[0].macs };
    const session = await DynamicSession.create(bytes, { threads: 1 });
    for (const [seed, inBrowser] of results.entries()) {
      const here = await session.run(image(architecture.imageSizePx, seed));
      const largest = here.logits.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
      const worst = here.logits.reduce(
        (most, logit, i) => Math.max(most, Math.abs(logit - inBrowser.logits[i])),
        0,
      );
      const equal =
        JSON.stringify(here.gates) === JSON.stringify(inBrowser.gates) && here.macs === inBrowser.macs;
      if (!equal || !(worst / largest <= 1e-4)) failed = true;
      console.log(
        `${name}, ${share === 'controllers' ? 'its own controllers' : `${share} open`}, image ${seed}: gates ${equal ? 'equal' : 'DIFFER'}, logits within ${(worst / largest).toExponential(1)} of the largest`,
      );
    }
    await session.close();
  }
  const [all, half] = [times[1], times[0.5]];
  console.log(
    `${name}: all open ${all.ms.toFixed(2)} ms, half open ${half.ms.toFixed(2)} ms: time ${(half.ms / all.ms).toFixed(3)}, MACs ${(half.macs / all.macs).toFixed(3)}`,
  );
}
await browser.close();
server.close();
process.exitCode = failed ? 1 : 0;
