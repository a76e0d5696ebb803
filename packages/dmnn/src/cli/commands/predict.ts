import { printable } from '@dmnn/foundation';
import { stat } from 'node:fs/promises';
import type { Classification, Classifier } from '../../classify/classifier.js';
import { type LikelyClass, classLabel, likeliestClasses } from '../../classify/likeliest-classes.js';
import { readImage } from '../../classify/read-image.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { countText, millisecondsText, percentText } from '../../text/count-text.js';
import { type ExitCode, DONE, FAILED, INTERRUPTED } from '../terminal/exit-code.js';
import { interruptSignal } from '../terminal/interrupt-signal.js';
import { trainedModelForms } from '../options/network-argument.js';
import { isOnnxFile, openClassifier } from '../options/open-classifier.js';
import { errorFields } from '../terminal/report-error.js';
import type { BackendChoice } from '../terminal/start-backend.js';
import { backendOption, jsonOption } from '../options/common-options.js';
import { integerOption } from '../options/option-values.js';

/** Options of `dmnn predict`. */
interface PredictOptions {
  readonly backend?: BackendChoice | undefined;
  readonly json?: boolean | undefined;
  readonly model: string;
  readonly top: number;
}

/** What `--json` prints for an image that could be read. */
interface PredictionJson {
  readonly file: string;
  readonly classes: readonly LikelyClass[];
  readonly gates: readonly (readonly boolean[])[];
  readonly macs: number;
  readonly macsRatio: number;
  readonly ms: number;
}

interface PredictRequest extends PredictOptions {
  readonly images: readonly string[];
}

/** Classifies images. */
async function predictImages(
  { images, backend, json = false, model, top }: PredictRequest,
  io: CommandIo,
): Promise<ExitCode> {
  const classifier = await openClassifier(model, backend, io);
  const { signal, stop } = interruptSignal(io);
  const results: object[] = [];
  let failed = false;
  try {
    for await (const { file, unreadable } of imagesOf(images)) {
      if (signal.aborted) break;
      try {
        if (unreadable) throw unreadable;
        const classification = await classifier.classify(await readImage(file, classifier));
        const classes = likeliestClasses(classification.logits, classifier.classNames, top);
        if (json) results.push(predictionJson(file, classification, classes, classifier));
        else io.out(predictionText(file, classification, classes, classifier));
      } catch (problem) {
        const { code, message } = errorFields(problem);
        if (!isOfOneImage(code)) throw problem;
        failed = true;
        results.push({ file, error: { code, message } });
        io.err(`dmnn: ${printable(message, Infinity)}`);
      }
    }
  } finally {
    stop();
    await classifier.close();
  }
  if (json) io.out(JSON.stringify(results, null, 2));
  if (signal.aborted) return INTERRUPTED;
  return failed ? FAILED : DONE;
}

/** A file that cannot be read concerns nobody else; a network that fails, all. */
function isOfOneImage(code: string): boolean {
  return code === 'DMNN_DATA' || code === 'DMNN_IMAGE_LIBRARY';
}

/** Files as they are named, and those within folders. */
async function* imagesOf(
  images: readonly string[],
): AsyncGenerator<{ readonly file: string; readonly unreadable?: Error }> {
  const { listImageFiles } = await import('@dmnn/data');
  for (const file of images) {
    const isFolder = await stat(file).then((entry) => entry.isDirectory(), () => false); // prettier-ignore
    if (!isFolder) {
      yield { file };
      continue;
    }
    const found = await listImageFiles(file).catch((error: unknown) => [
      { file, unreadable: error as Error },
    ]);
    for (const each of found) yield typeof each === 'string' ? { file: each } : each;
  }
}

function predictionJson(
  file: string,
  { gates, macs, milliseconds }: Classification,
  classes: readonly LikelyClass[],
  { undividedMacs }: Classifier,
): PredictionJson {
  return { file, classes, gates, macs, macsRatio: macs / undividedMacs, ms: milliseconds };
}

function predictionText(
  file: string,
  { gates, macs, milliseconds }: Classification,
  classes: readonly LikelyClass[],
  { undividedMacs }: Classifier,
): string {
  const all = gates.flat();
  const open = all.filter((gate) => gate).length;
  return [
    printable(file, Infinity),
    ...classes.map((each) => `${percentText(each.probability).padStart(9)}  ${printable(classLabel(each))}`),
    `  ${[
      ...(all.length > 0 ? [`${open} of ${all.length} sub-blocks ran`] : []),
      `${countText(macs)} MACs`,
      `${percentText(macs / undividedMacs)} of the undivided backbone's`,
      millisecondsText(milliseconds),
    ].join(', ')}`,
  ].join('\n');
}

/** `dmnn predict` */
export const predictCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<image...>', 'images, and folders of them')
      .requiredOption('--model <model>', `${trainedModelForms}, or an .onnx file of dmnn export`)
      .option('--top <count>', 'how many classes', integerOption('--top', { min: 1 }), 5)
      .addOption(backendOption('the best that works; ONNX Runtime for an .onnx file'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
The time is that of the forward pass alone, one image at a time, after one to warm up. A file that cannot be read is
named, the others go on, and the command ends with 1.

Examples:
  dmnn predict photo.jpg --model runs/d20
  dmnn predict holidays/ --model d20.onnx --json`,
      );
  },
  request: (images: readonly string[], options: PredictOptions) => ({ images, ...options }),
  needs: ({ model, backend }) => (isOnnxFile(model) ? undefined : (backend ?? 'native')),
  run: predictImages,
});
