// Runs a cascade that `dmnn eval` measured as exported files, image by image, and compares every answer with the log of the
// evaluation: right or wrong, the stage, the multiply–accumulates, the confidence. Then says how long an image takes, next to
// the last network alone: ONNX Runtime, one thread, one image at a time, in alternating rounds. Exits 1 if they do not agree.
//   node packages/dmnn/bin/dmnn.js eval FIRST --then SECOND --data cifar10=FOLDER --budgets 0.445 --choose-on test-halves --log LOG
//   node packages/onnx/scripts/check-cascade.mjs --log LOG --data FOLDER FIRST SECOND
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { evaluationBatches, loadCifar10 } from '@dmnn/data';
import { DynamicSession, exportCascade, exportOnnx } from '@dmnn/onnx';
import { openNetworkData } from '@dmnn/runs';

const ROUND = 100; // images
const CLOSE = 1e-4; // the log has four digits of a confidence

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { log: { type: 'string' }, data: { type: 'string' } },
});
const { log, data } = flags;
if (!log || !data || positionals.length < 2) throw new Error('expected --log LOG --data FOLDER FIRST SECOND');
const [head, ...records] = readFileSync(log, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const parts = await Promise.all(positionals.map((folder) => openNetworkData(folder)));
const first = parts[0];
const last = parts.at(-1);
if (!first || !last) throw new Error('expected networks');
const { test } = await loadCifar10(data);
const open = (/** @type {Uint8Array} */ file) => DynamicSession.create(file, { threads: 1 });
/** @type {any[]} */
const settings = head.settings; // of images of even and odd index, if they were chosen on halves
const cascades = await Promise.all(settings.map((each) => open(exportCascade(parts, each))));
const alone = await open(exportOnnx(last));

const differences = { right: 0, stage: 0, macs: 0, confidence: 0, close: 0 };
let [wrong, macs] = [0, 0];
/** Milliseconds of each round. @type {{ cascade: number[], alone: number[] }} */
const walls = { cascade: [], alone: [] };
const cpu = { cascade: 0, alone: 0 };
/** @param {'cascade' | 'alone'} system @param {() => Promise<void>} run */
async function timed(system, run) {
  const [began, used] = [performance.now(), process.cpuUsage()];
  await run();
  walls[system].push((performance.now() - began) / ROUND);
  const { user, system: kernel } = process.cpuUsage(used);
  cpu[system] += (user + kernel) / 1000;
}

const at = { index: 0 };
for await (const batch of evaluationBatches(
  { ...test, channelMeans: first.channelMeans, channelDeviations: first.channelDeviations },
  { batchSize: ROUND },
)) {
  const size = batch.images.length / batch.labels.length;
  const images = [...batch.labels.keys()].map((b) => batch.images.slice(b * size, (b + 1) * size));
  const onCascade = async () => {
    for (const [b, image] of images.entries()) {
      const index = at.index + b;
      const session = cascades[index % cascades.length];
      if (!session) throw new Error('expected a session');
      const ours = await session.run(image);
      const predicted = ours.logits.indexOf(Math.max(...ours.logits));
      const right = predicted === batch.labels[b] ? 1 : 0;
      const [, itsRight, itsMacs, itsConfidence, itsStage] = records[index];
      const threshold = settings[index % cascades.length].thresholds[itsStage];
      const isClose = threshold !== undefined && Math.abs(itsConfidence - threshold) <= CLOSE;
      if (isClose) differences.close += 1;
      else if (ours.stage !== itsStage) differences.stage += 1;
      else if (Math.abs((ours.confidence ?? NaN) - itsConfidence) > CLOSE) differences.confidence += 1;
      if (ours.macs !== itsMacs) differences.macs += 1;
      if (right !== itsRight) differences.right += 1;
      wrong += 1 - right;
      macs += ours.macs;
    }
  };
  const onAlone = async () => {
    for (const image of images) await alone.run(image); // its answers are not compared: how long they take
  };
  const inTurn = (at.index / ROUND) % 2 === 0;
  if (inTurn) await timed('cascade', onCascade);
  await timed('alone', onAlone);
  if (!inTurn) await timed('cascade', onCascade);
  at.index += images.length;
  process.stderr.write(`\r${at.index} of ${test.size}`);
}
process.stderr.write('\n');
await Promise.all([...cascades, alone].map((session) => session.close()));

/** @param {readonly number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const ratios = walls.cascade.map((each, i) => each / (walls.alone[i] ?? NaN)).sort((a, b) => a - b);
console.log(
  JSON.stringify(
    {
      networks: parts.map(({ architecture }) => architecture.name),
      images: at.index,
      differences,
      top1ErrorPercent: (100 * wrong) / at.index,
      meanMacs: macs / at.index,
      msPerImage: { cascade: mean(walls.cascade), alone: mean(walls.alone) },
      cpuMsPerImage: { cascade: cpu.cascade / at.index, alone: cpu.alone / at.index },
      ratioOfRounds: {
        median: ratios[Math.floor(ratios.length / 2)],
        quartiles: [ratios[Math.floor(ratios.length / 4)], ratios[Math.floor((3 * ratios.length) / 4)]],
      },
    },
    null,
    2,
  ),
);
const { right, stage, macs: costs, confidence } = differences;
process.exitCode = right + stage + costs + confidence === 0 ? 0 : 1;
