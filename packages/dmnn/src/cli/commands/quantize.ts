import { closeAfter, printable } from '@dmnn/foundation';
import { writeFileDurably } from '@dmnn/foundation/node';
import type { Dataset } from '@dmnn/data';
import type { Agreement, Engine, Precision, Quantisation } from '@dmnn/engine';
import type { OnSkipped } from '@dmnn/trainer';
import { percentText } from '../../text/count-text.js';
import { refuseSetting } from '../options/open-network.js';
import { type CheckpointChoice, badImagesOption, checkpointOption, integerOption, jsonOption, workersOption } from '../options/common-options.js'; // prettier-ignore
import { assertDataSpec, trainingDataForms } from '../options/data-spec.js';
import { assertFileFits } from '../options/output-folders.js';
import { QUANTISATION_FILE, quantisationFile } from '../options/quantisation-file.js';
import { openCompiled } from '../terminal/compiled-engine.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { interruptible } from '../terminal/interrupts.js';
import { ProgressLine, phase } from '../terminal/progress-line.js';
import { skippedImages } from '../terminal/skipped-images.js';
import { usageError } from '../terminal/usage-error.js';
import { openBothSplits } from './eval-parts/evaluated-data.js';

/** Options of `dmnn quantize`. */
interface QuantizeOptions {
  readonly badImages: number;
  readonly checkpoint?: CheckpointChoice | undefined;
  readonly data?: string | undefined;
  readonly heldOut: number;
  readonly images: number;
  readonly json?: boolean | undefined;
  readonly out?: string | undefined;
  readonly workers?: number | undefined;
}

interface QuantizeRequest extends QuantizeOptions {
  readonly folder: string;
}

/** What the precisions give on held-out images. */
interface Cost {
  readonly images: number;
  /** Shares of wrong answers. */
  readonly errors: Readonly<Partial<Record<Precision, number>>>;
  readonly agreement: Readonly<Partial<Record<'bf16' | 'int8', Agreement>>>;
}

/** Observes ranges on training images, compares int8 with float32 on test images, and writes the quantisation. */
async function quantizeNetwork(options: QuantizeRequest, io: CommandIo): Promise<ExitCode> {
  await refuseSetting('run', options.folder);
  const { openNetworkData } = await import('@dmnn/runs');
  const { quantisationText, quantiseNetwork } = await import('@dmnn/engine');
  const { nativeCacheDirectory } = await import('@dmnn/runtime');
  const model = await openNetworkData(options.folder, {
    which: options.checkpoint,
    onWarning: (message) => {
      io.err(printable(message, Infinity));
    },
  });
  const file = options.out ?? quantisationFile(options.folder);
  await assertFileFits('--out', file);
  const { train, test } = await phase(io, 'opening the data', () => openBothSplits(model, options, io));
  return interruptible(io, async (signal) => {
    const onSkipped = await skippedImages(options.badImages, io);
    const line = new ProgressLine(io);
    const { subset } = await import('@dmnn/data');
    const passes = (dataset: Dataset, count: number, what: string) =>
      imagesOf(subset(dataset, spread(dataset.size, count)), onSkipped, signal, (done, of) => {
        line.show(what, `: ${done} of ${of} images`);
      });
    const onlyImages = async function* (): AsyncGenerator<Float32Array> {
      for await (const { image } of passes(train, options.images, 'observing ranges')) yield image;
    };
    const cacheDirectory = nativeCacheDirectory(io.env);
    const observed = await quantiseNetwork(model, onlyImages(), { cacheDirectory });

    const engines = new Map<Precision, Engine>();
    const cost = await closeAfter(
      async () => {
        for (const precision of ['f32', 'bf16', 'int8'] as const) {
          const quantisation = precision === 'int8' ? observed : undefined;
          const engine = await openCompiled(model, io, { precision, quantisation });
          if (engine.precision === precision) engines.set(precision, engine);
          else {
            io.err(`${precision}: not compared: ${engine.precisionReason}`);
            await engine.close();
          }
        }
        return comparedOn(passes(test, options.heldOut, 'comparing'), engines);
      },
      async () => {
        await Promise.all([...engines.values()].map((engine) => engine.close()));
      },
    );
    const { int8, bf16 } = cost.agreement;
    const quantisation: Quantisation = int8
      ? { ...observed, heldOut: { images: cost.images, int8, ...(bf16 && { bf16 }) } }
      : observed;
    await writeFileDurably(file, quantisationText(quantisation), undefined, '--out');
    io.out(
      options.json
        ? JSON.stringify({ file, images: observed.images, heldOut: cost }, null, 2)
        : costText(file, quantisation, cost),
    );
    return DONE;
  });
}

/** Runs the images in each precision. */
async function comparedOn(
  images: AsyncIterable<LabelledImage>,
  engines: ReadonlyMap<Precision, Engine>,
): Promise<Cost> {
  const { AgreementCounter } = await import('@dmnn/engine');
  const wrong = new Map([...engines.keys()].map((precision) => [precision, 0]));
  const narrow = [...engines.keys()].filter((precision) => precision !== 'f32');
  const counters = new Map(narrow.map((precision) => [precision, new AgreementCounter()]));
  let count = 0;
  for await (const { image, label } of images) {
    count += 1;
    const outputs = new Map(
      await Promise.all(
        [...engines].map(async ([precision, engine]) => [precision, await engine.run(image)] as const),
      ),
    );
    for (const [precision, { logits }] of outputs) {
      const isWrong = logits.indexOf(Math.max(...logits)) !== label;
      wrong.set(precision, (wrong.get(precision) ?? 0) + (isWrong ? 1 : 0));
    }
    const reference = outputs.get('f32');
    for (const [precision, counter] of counters) {
      const other = outputs.get(precision);
      if (reference && other) counter.add(reference, other);
    }
  }
  if (count === 0) throw usageError('--held-out: expected at least one image that can be read, got none.');
  return {
    images: count,
    errors: Object.fromEntries([...wrong].map(([precision, of]) => [precision, of / count])),
    agreement: Object.fromEntries([...counters].map(([precision, { agreement }]) => [precision, agreement])),
  };
}

interface LabelledImage {
  readonly image: Float32Array;
  readonly label: number;
}

async function* imagesOf(
  dataset: Dataset,
  onSkipped: OnSkipped,
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void,
): AsyncGenerator<LabelledImage> {
  const { evaluationBatches } = await import('@dmnn/data');
  let done = 0;
  for await (const batch of evaluationBatches(dataset, { batchSize: Math.min(100, dataset.size) })) {
    const { labels, images, shape, skipped } = batch;
    if (skipped) await onSkipped(skipped);
    const length = shape[1] * shape[2] * shape[3];
    for (const [b, label] of [...labels].entries()) {
      signal.throwIfAborted();
      yield { image: images.slice(b * length, (b + 1) * length), label };
      done += 1;
    }
    onProgress(done, dataset.size);
  }
}

function costText(
  file: string,
  { images, percentile }: Quantisation,
  { images: heldOut, errors, agreement }: Cost,
): string {
  const errorsText = Object.entries(errors).map(([precision, share]) => `${precision} ${percentText(share)}`);
  const agreements = Object.entries(agreement).map(
    ([precision, { sameClass, sameGates }]) =>
      `${precision.padEnd(6)}  keeps the likeliest class of ${percentText(sameClass)} of them; ${percentText(1 - sameGates)} of the gates change`,
  );
  return [
    `wrote ${printable(file, Infinity)}: ranges of ${Number((100 * percentile).toFixed(4))} % of the numbers of ${images} training images`,
    `error on ${heldOut} held-out images: ${errorsText.join(', ')}`,
    ...agreements,
  ].join('\n');
}

/** As many indices as asked, or all, evenly spread: data are often sorted by class. */
function spread(size: number, count: number): number[] {
  const taken = Math.min(size, count);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * size) / taken));
}

/** `dmnn quantize` */
export const quantizeCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<run>', 'a run folder or an imported model folder')
      .option('--data <data>', `${trainingDataForms} (default: the run’s, if it is built-in or shapes)`)
      .option(
        '--images <count>',
        'training images to observe ranges on',
        integerOption('--images', { min: 1, unit: 'images' }),
        512,
      )
      .option(
        '--held-out <count>',
        'test images to compare int8 with float32 on',
        integerOption('--held-out', { min: 1, unit: 'images' }),
        2000,
      )
      .option('--out <file>', `the file to write (default: ${QUANTISATION_FILE} in the folder)`)
      .addOption(checkpointOption())
      .addOption(workersOption())
      .addOption(badImagesOption())
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
The compiled engine runs the training images in float32, under the gates that the network decides and with all gates
open. What the file costs is measured on the test images: error, and how often class and gates are those of float32.

Examples:
  dmnn quantize runs/d20 --data cifar100=PATH
  dmnn predict photo.jpg --model runs/d20 --engine compiled --precision int8`,
      );
  },
  request: (folder: string, options: QuantizeOptions): QuantizeRequest => {
    if (options.data !== undefined) assertDataSpec(options.data, { images: true });
    return { folder, ...options };
  },
  run: quantizeNetwork,
});
