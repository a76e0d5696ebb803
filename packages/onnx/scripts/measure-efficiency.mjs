// Time against multiply-accumulates in ONNX Runtime, batch 1: a dynamic network with scripted gates against its
// undivided backbone in the same engine, minima; with one thread interleaved, with more threads one session after the
// other, since the threads of an idle session keep spinning and take cores from the other session.
//   node packages/onnx/scripts/measure-efficiency.mjs [--model dmnn50-n2] [--widths 40,80,160,320] [--layouts pairs]
//     [--pad 16] [--blocked] [--threads 1] [--rounds 30] [--patterns 1] [--shares 1,0.75,0.5,0.25] [--json]
import { parseArgs } from 'node:util';
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, countUndivided, flopsTable, patternMacs } from '@dmnn/flops';
import { cpuLanes, exportOnnx } from '@dmnn/onnx';
import * as ort from 'onnxruntime-node';
import { arbitraryPattern, arbitraryWeights, scripted } from './scripted-weights.mjs';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'dmnn50-n2' },
    widths: { type: 'string' },
    layouts: { type: 'string', default: 'pairs' },
    pad: { type: 'string', default: '16' },
    blocked: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '30' },
    patterns: { type: 'string', default: '1' },
    shares: { type: 'string', default: '1,0.75,0.5,0.25' },
    json: { type: 'boolean', default: false },
  },
});
const numbers = (list) => list.split(',').map(Number);
const architecture = createArchitecture(flags.model, {
  ...(flags.widths && { widths: numbers(flags.widths) }),
});
const weights = arbitraryWeights(architecture);
const table = flopsTable(countNetwork(architecture));
const undividedMacs = countUndivided(architecture).macs;
const { imageSizePx } = architecture;
const image = new ort.Tensor(
  'float32',
  Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i)),
  [1, 3, imageSizePx, imageSizePx],
);
const settings = { intraOpNumThreads: Number(flags.threads), interOpNumThreads: 1 };
const open = (bytes) => ort.InferenceSession.create(bytes, settings);
const isAlone = settings.intraOpNumThreads > 1;

/** The shortest time of each session, all of them in turn. */
async function shortest(sessions) {
  const least = sessions.map(() => Infinity);
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const [i, session] of sessions.entries()) {
      const began = performance.now();
      await session.run({ image });
      least[i] = Math.min(least[i], performance.now() - began);
    }
  }
  return least;
}

const lanes = flags.blocked ? await cpuLanes(ort) : undefined;
if (flags.blocked && !lanes) throw new Error('ONNX Runtime has no blocked layout on this processor');
const rows = [];
let its = Infinity; // the undivided network is the same in every row
const backbone = architecture.undivided;
if (!backbone) throw new Error(`${architecture.name} was not divided from a backbone`);
const undivided = await open(exportOnnx({ architecture: backbone, weights: arbitraryWeights(backbone) }));
if (isAlone) {
  await undivided.run({ image });
  [its] = await shortest([undivided]);
  await undivided.release();
}
for (const layout of /** @type {import('@dmnn/onnx').IfLayout[]} */ (flags.layouts.split(','))) {
  for (const pad of numbers(flags.pad)) {
    for (const share of numbers(flags.shares)) {
      for (let seed = 0; seed < (share === 1 || share === 0 ? 1 : Number(flags.patterns)); seed++) {
        const pattern = arbitraryPattern(architecture, share, seed);
        const decided = { architecture, weights: scripted(architecture, weights, pattern) };
        const bytes = exportOnnx(decided, {
          layout,
          ...(lanes ? { cpuLanes: lanes } : { padChannelsTo: pad }),
        });
        const session = await open(bytes);
        const result = await session.run({ image });
        const macs = patternMacs(table, pattern);
        if (result.macs.data[0] !== macs)
          throw new Error(`macs: expected ${macs}, got ${result.macs.data[0]}`);
        const [ours, undividedMs = Infinity] = await shortest(isAlone ? [session] : [session, undivided]);
        its = Math.min(its, undividedMs);
        await session.release();
        rows.push({
          model: architecture.name,
          engine: `onnxruntime-node ${ort.env.versions.node}`,
          batch: 1,
          threads: settings.intraOpNumThreads,
          layout,
          padChannelsTo: lanes ?? pad,
          cpuLanes: lanes,
          openShare: share,
          macsRatio: macs / undividedMacs,
          ms: ours,
          undividedMs: its,
          timeRatio: ours / its,
          efficiency: its / ours / (undividedMacs / macs),
          fileMegabytes: bytes.length / 1e6,
        });
        if (!flags.json) {
          const row = rows[rows.length - 1];
          console.log(
            `${row.model} ${layout} ${lanes ? `blocked ${lanes}` : `pad ${pad}`} threads ${row.threads} open ${share}: ${ours.toFixed(2)} ms against ${its.toFixed(2)}, ` +
              `time ${row.timeRatio.toFixed(3)}, MACs ${row.macsRatio.toFixed(3)}, efficiency ${row.efficiency.toFixed(3)}, ${row.fileMegabytes.toFixed(0)} MB`,
          );
        }
      }
    }
  }
}
if (flags.json) console.log(JSON.stringify(rows, undefined, 2));
