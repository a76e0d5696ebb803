import { printable, closeAfter } from '@dmnn/foundation';
import type { Prediction } from '../../classify/predict-images.js';
import { type LikelyClass, classLabel } from '../../classify/likeliest-classes.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { countText, millisecondsText, percentText } from '../../text/count-text.js';
import { type ExitCode, DONE, FAILED, INTERRUPTED } from '../terminal/exit-code.js';
import { interruptSignal } from '../terminal/interrupts.js';
import { answeringModelForms, isOnnxFile, openClassifier } from '../options/open-network.js';
import { ProgressLine } from '../terminal/progress-line.js';
import { errorFields } from '../terminal/report-error.js';
import { type RunsOn, assertEngineOptions, engineOption, precisionOption } from '../options/engine-option.js';
import { usageError } from '../terminal/usage-error.js';
import { backendOption, jsonOption, integerOption } from '../options/common-options.js';

/** Options of `dmnn predict`. */
interface PredictOptions extends RunsOn {
  readonly json?: boolean | undefined;
  readonly model: string;
  readonly quantizeImages?: string | undefined;
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
  /** Of a cascade, or a file with exits: the stage that answered, from 0. */
  readonly stage?: number;
  readonly confidence?: number;
}

interface PredictRequest extends PredictOptions {
  readonly images: readonly string[];
}

/** Classifies images. */
async function runPredict(
  { images, backend, engine, precision, quantizeImages, json = false, model, top }: PredictRequest,
  io: CommandIo,
): Promise<ExitCode> {
  const request = { backend, engine, precision, quantizeImages, defaultPrecision: 'auto' } as const;
  const classifier = await openClassifier(model, request, io);
  const { predictImages } = await import('../../classify/predict-images.js');
  const { signal, stop } = interruptSignal(io);
  const results: object[] = [];
  const progress = new ProgressLine(io);
  const failed = await closeAfter(
    async () => {
      let anyFailed = false;
      const onRemark = (message: string): void => {
        io.err(printable(message, Infinity));
      };
      for await (const prediction of predictImages(images, classifier, { top, signal, onRemark })) {
        if ('error' in prediction) {
          const { code, message } = errorFields(prediction.error);
          anyFailed = true;
          results.push({ file: prediction.file, error: { code, message } });
          io.err(`dmnn: ${printable(message, Infinity)}`);
        } else if (json) {
          results.push(predictionJson(prediction));
          progress.show('classifying', `: ${results.length} images`);
        } else io.out(predictionText(prediction, classifier.stageNames));
      }
      return anyFailed;
    },
    async () => {
      stop();
      await classifier.close();
    },
  );
  if (json) io.out(JSON.stringify(results, null, 2));
  if (signal.aborted) return INTERRUPTED;
  return failed ? FAILED : DONE;
}

function predictionJson({ milliseconds, ...prediction }: Prediction): PredictionJson {
  return { ...prediction, ms: milliseconds };
}

function predictionText(
  { file, classes, gates, macs, macsRatio, milliseconds, stage, confidence }: Prediction,
  stageNames: readonly string[] | undefined,
): string {
  const all = gates.flat();
  const open = all.filter((gate) => gate).length;
  return [
    printable(file, Infinity),
    ...classes.map((each) => `${percentText(each.probability).padStart(9)}  ${printable(classLabel(each))}`),
    ...(stage === undefined || confidence === undefined
      ? []
      : [
          `  answered by ${printable(stageNames?.[stage] ?? 'the last stage')}, stage ${stage + 1} of ${stageNames?.length ?? 1}, ${percentText(confidence)} sure`,
        ]),
    `  ${[
      ...(all.length > 0 ? [`${open} of ${all.length} sub-blocks ran`] : []),
      `${countText(macs)} MACs`,
      `${percentText(macsRatio)} of the ${stage === undefined ? 'undivided backbone' : 'last network'}'s`,
      millisecondsText(milliseconds),
    ].join(', ')}`,
  ].join('\n');
}

/** `dmnn predict` */
export const predictCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<image...>', 'image files and folders of them')
      .requiredOption('--model <model>', `${answeringModelForms}; or an .onnx file of dmnn export`)
      .option('--top <count>', 'number of classes to show', integerOption('--top', { min: 1 }), 5)
      .addOption(engineOption())
      .addOption(precisionOption('auto'))
      .option(
        '--quantize-images <folder>',
        'with --precision int8 or auto: quantise on the images of this folder, in place of what dmnn quantize wrote',
      )
      .addOption(backendOption('the best that works, if no other engine does'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
The time is that of the forward pass alone, one image at a time, after a warm-up image. Files that cannot be read are
reported and skipped; the exit code is then 1.

Examples:
  dmnn predict photo.jpg --model runs/d20
  dmnn predict photo.jpg --model cascades/small-then-large   (saved by dmnn eval … --then … --save)
  dmnn predict holidays/ --model d20.onnx --json`,
      );
  },
  request: (images: readonly string[], options: PredictOptions) => {
    assertEngineOptions(options);
    const { precision, quantizeImages } = options;
    if (quantizeImages !== undefined && precision !== 'int8' && precision !== 'auto') {
      throw usageError(
        `--quantize-images: expected --precision int8 or auto with it, got ${precision ?? 'none'}.`,
      );
    }
    return { images, ...options };
  },
  needs: ({ model, backend, engine = 'tfjs' }) =>
    isOnnxFile(model) || engine !== 'tfjs' ? undefined : (backend ?? 'native'),
  run: runPredict,
});
