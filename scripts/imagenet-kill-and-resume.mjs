// The whole path of ImageNet on a few images: trains a narrow DMNN-MobileNetV2 for two epochs on the class folders
// PATH/WNID/*, once undisturbed and once killed (SIGKILL) and resumed, with another number of decoding threads, and
// compares weights byte by byte and logs line by line, clock fields aside. Says how long the trainer waited for data.
//   node scripts/imagenet-kill-and-resume.mjs PATH [BACKEND]
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { records, runSummary, startTraining } from './killed-training.mjs';

const [images, backend = 'wasm'] = process.argv.slice(2);
if (!images) throw new Error('PATH: expected a folder of class folders, got nothing');
const work = mkdtempSync(join(tmpdir(), 'dmnn-imagenet-'));
const data = join(work, 'data');
mkdirSync(data);
// so few images are all needed for training: the error says nothing, and need not
for (const split of ['train', 'val']) symlinkSync(resolve(images), join(data, split));
const settings = [
  'model.name=dmnn-mobilenetv2-0.25-n2',
  'imageSizePx=96',
  'epochs=2',
  'batchSize=10',
  'learningRate.from=0.05',
  'checkpoints.everySteps=3',
  'evaluation.batchSize=20',
  'log.everySteps=1',
];

/** Trains until it ends, or kills it and all its children at a step. @returns whether it ended */
async function train(folder, workers, killAtStep) {
  const args = ['--recipe', 'imagenet-dmnn-mobilenetv2-n2', '--data', `imagenet=${data}`];
  args.push('--out', folder, '--backend', backend, '--workers', String(workers), '--resume');
  const { kill, ended } = startTraining(args, settings);
  const watch =
    killAtStep === undefined
      ? undefined
      : setInterval(() => {
          if (stepsOf(folder) < killAtStep) return;
          clearInterval(watch);
          kill();
        }, 20);
  const finished = await ended;
  clearInterval(watch);
  return finished;
}

function stepsOf(folder) {
  try {
    return records(folder).filter(({ kind }) => kind === 'step').length;
  } catch {
    return 0; // there is no log yet, or half a line
  }
}

const undisturbed = join(work, 'undisturbed');
await train(undisturbed, 1);
const disturbed = join(work, 'disturbed');
const ended = await train(disturbed, 2, 14); // in the second epoch, two steps after a checkpoint
const left = readdirSync(join(disturbed, 'checkpoints')).sort().at(-1);
await train(disturbed, 3);
const [a, b] = [runSummary(undisturbed), runSummary(disturbed)];
const equal = !ended && JSON.stringify(a) === JSON.stringify(b);
const log = records(undisturbed);
for (const { epoch, training, clock } of log.filter(({ kind }) => kind === 'epoch')) {
  const share = (100 * clock.dataWaitShare).toFixed(2);
  console.log(
    `epoch ${epoch}: loss ${training.loss.total?.toFixed(3)}, ${share} % of the time waited for data`,
  );
}
console.log(
  `${equal ? 'equal' : 'DIFFERENT'} after a kill beyond ${left}: ${a.last}, weights ${a.weights.slice(0, 16)} and ` +
    `${b.weights.slice(0, 16)}, logs of ${log.length} and ${records(disturbed).length} lines`,
);
if (equal) rmSync(work, { recursive: true, force: true });
else console.log(`kept: ${work}`);
process.exit(equal ? 0 : 1);
