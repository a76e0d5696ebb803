// Throughput of DynamicSession's pool with one worker per core, compared with as many independent processes.
//   node packages/onnx/scripts/measure-pool.mjs [--model dmnn50-n2] [--seconds 5] [--workers 2]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createArchitecture } from '@dmnn/backbones';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { arbitraryPattern, arbitraryWeights, scripted } from './scripted-weights.mjs';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'dmnn50-n2' },
    seconds: { type: 'string', default: '5' },
    workers: { type: 'string', default: String(availableParallelism()) },
    child: { type: 'string' },
  },
});
const workers = Number(flags.workers);

/** Images per second over the requested time, with `inFlight` concurrent calls. */
async function throughput(session, inFlight) {
  const { imageSizePx } = session.description;
  const image = Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i));
  await Promise.all(Array.from({ length: inFlight }, () => session.run(image)));
  const began = performance.now();
  const end = began + 1000 * Number(flags.seconds);
  let done = 0;
  const loop = async () => {
    while (performance.now() < end) {
      await session.run(image);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return (1000 * done) / (performance.now() - began);
}

if (flags.child) {
  const session = await DynamicSession.create(flags.child, { threads: 1 });
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  process.send?.(await throughput(session, 1));
  await session.close();
  process.disconnect();
} else {
  const architecture = createArchitecture(flags.model);
  const pattern = arbitraryPattern(architecture, 0.5, 0);
  const folder = mkdtempSync(join(tmpdir(), 'dmnn-pool-'));
  const path = join(folder, 'model.onnx');
  writeFileSync(
    path,
    exportOnnx({ architecture, weights: scripted(architecture, arbitraryWeights(architecture), pattern) }),
  );
  const children = Array.from({ length: workers }, () =>
    spawn(process.execPath, [fileURLToPath(import.meta.url), '--child', path, '--seconds', flags.seconds], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  const answers = () =>
    Promise.all(children.map((child) => new Promise((resolve) => child.once('message', resolve))));
  await answers();
  const measured = answers();
  for (const child of children) child.send('go');
  const processes = (await measured).reduce((sum, each) => sum + each, 0);
  const session = await DynamicSession.create(path, { workers });
  const pool = await throughput(session, workers + 1); // one more call waits, so that no worker is idle
  await session.close();
  rmSync(folder, { recursive: true });
  console.log(
    `${architecture.name}, half open: pool of ${workers} ${pool.toFixed(2)} images/s, ${workers} processes ${processes.toFixed(2)}, ratio ${(pool / processes).toFixed(3)}`,
  );
}
