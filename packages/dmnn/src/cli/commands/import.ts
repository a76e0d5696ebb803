import { basename } from 'node:path';
import { inFile, isDmnnError, printable } from '@dmnn/foundation';
import { assertRegularFile, shellWord, systemCode } from '@dmnn/foundation/node';
import { type Activation, activations } from '@dmnn/architecture';
import type { ImagePreprocessing, NameMap, NamesOf } from '@dmnn/import';
import { Option } from 'commander';
import type { ImportedModel } from '../../import-model.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { countText } from '../../text/count-text.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { namedArchitecture } from '../options/named-architecture.js';
import { assertFolderFits } from '../options/output-folders.js';
import { usageError } from '../terminal/usage-error.js';
import { fileText } from '../options/file-contents.js';
import { jsonOption, integerOption } from '../options/common-options.js';

/** Options of `dmnn import`. */
interface ImportOptions {
  readonly model?: string | undefined;
  readonly out: string;
  readonly names?: string | undefined;
  readonly prefix?: string | undefined;
  readonly headActivation?: Activation | undefined;
  readonly classes?: number | undefined;
  readonly classNames?: string | undefined;
  readonly preprocessing?: ImagePreprocessing | undefined;
  readonly means?: readonly number[] | undefined;
  readonly deviations?: readonly number[] | undefined;
  readonly json?: boolean | undefined;
}

interface ImportRequest extends ImportOptions {
  readonly file: string;
}

/** Writes a model folder from a file of trained weights. */
async function importFromFile(options: ImportRequest, io: CommandIo): Promise<ExitCode> {
  const { file, model, out, prefix, classes, json = false } = options;
  if (model?.endsWith('.json') === true && classes !== undefined)
    throw usageError('--classes: expected none, since the architecture file sets it.');
  if (model === undefined && classes !== undefined)
    throw usageError('--classes: expected none without --model, since the file has them.');
  const architecture = model === undefined ? undefined : namedArchitecture(model, { classes });
  const isFile = model?.endsWith('.json') === true;
  if (isFile && options.headActivation !== undefined)
    throw usageError('--head-activation: expected none with an architecture file, which says it.');
  await assertFolderFits('--out', out);
  io.redraw(`importing ${file}`);
  const { importFile } = await import('../../import-model.js');
  const names = await namesOf(options.names);
  if (model === undefined && typeof names === 'object')
    throw usageError('--names: expected a naming scheme without --model, got a map. Pass --model too.');
  await assertReadable(file);
  const findings = await byOptions(() =>
    importFile({
      architecture,
      headOf: isFile ? 'architecture' : 'file',
      file,
      out,
      names,
      mapName: basename(options.names ?? ''),
      prefix,
      headActivation: options.headActivation,
      classNames: givenClassNames(options),
      preprocessing: options.preprocessing,
      channelMeans: options.means,
      channelDeviations: options.deviations,
    }),
  );
  io.out(json ? JSON.stringify(findings, null, 2) : findingsText(findings));
  return DONE;
}

/** Options by which the command line gives what the library calls otherwise. */
const optionOf: Readonly<Record<string, string>> = {
  channelDeviations: '--deviations',
  channelMeans: '--means',
  classNames: '--class-names',
  classes: '--classes',
  headActivation: '--head-activation',
  model: '--model',
  names: '--names',
  prefix: '--prefix',
  preprocessing: '--preprocessing',
};

/** Lets errors name the options that were typed. */
async function byOptions<Result>(importing: () => Promise<Result>): Promise<Result> {
  try {
    return await importing();
  } catch (error) {
    const isWrongUse = error instanceof RangeError || isDmnnError(error, 'DMNN_USAGE');
    if (!isWrongUse) throw error;
    const { message } = error;
    const named = message.replace(
      /^(\w+)(?=: )|(?<= since )(\w+)(?= is given)|(?<=Leave )(\w+)(?= out)/g,
      (word) => optionOf[word] ?? word,
    );
    throw named === message ? error : usageError(named);
  }
}

function findingsText(found: ImportedModel): string {
  const { model, folder, tensors, ignored, converted, prefix, outsidePrefix, importedFrom } = found;
  const changes = Object.entries(converted).map(
    ([dtype, count]) => `${count} of them converted from ${dtype}`,
  );
  return [
    `${model}: ${[`${countText(tensors)} tensors with the names of ${importedFrom.names}`, ...changes].join(', ')}; ${ignored} ignored`,
    ...recognisedText(found),
    ...found.changes.map((each) => `the same, said otherwise: ${printable(each, 300)}`),
    ...(prefix === '' ? [] : [`the names begin with '${printable(prefix, 100)}'`]),
    ...outsideText(outsidePrefix),
    ...passedOverText(found),
    `written to ${printable(folder, Infinity)}; dmnn eval ${shellWord(folder)} --data DATA evaluates it`,
  ].join('\n');
}

/** What was left out since it is not under the prefix: the groups with the most tensors. */
function outsideText(outsidePrefix: ImportedModel['outsidePrefix']): string[] {
  const parts = Object.entries(outsidePrefix).sort(([, a], [, b]) => b - a);
  if (parts.length === 0) return [];
  const groups = parts.slice(0, 5).map(([part, count]) => `${part} ${countText(count)}`);
  const more = parts.length > 5 ? [`${parts.length - 5} more`] : [];
  return [`left out, without the prefix: ${[...groups, ...more].join(', ')}`];
}

/** How the model was found, if none was named. */
function recognisedText({ recognised, importedFrom }: ImportedModel): string[] {
  if (!recognised) return [];
  const { found, assumed } = recognised;
  const [by, what] = importedFrom.names === 'keras' ? ['layers', 'layers'] : ['tensors', 'weights'];
  return [
    `recognised by its ${by}: ${found}`,
    ...assumed.map((each) => `assumed, since ${what} do not show it: ${each}`),
  ];
}

/** What is in a file of torch.save and is no weight of the network. */
function passedOverText({ under, passedOver }: ImportedModel): string[] {
  const where =
    under.length === 0 ? [] : [`the tensors are under ${under.map((key) => printable(key, 100)).join(', ')}`];
  const parts = passedOver.map(({ key, what, tensors }) => {
    const count = tensors === 0 || what === 'a tensor' ? '' : ` with ${countText(tensors)} tensors`;
    return `${key} (${what}${count})`;
  });
  if (parts.length === 0) return where;
  const more = parts.length > 8 ? [`${parts.length - 8} more`] : [];
  return [...where, `passed over: ${[...parts.slice(0, 8), ...more].join(', ')}`];
}

/** Before the architecture is made, and with the name of the argument. */
async function assertReadable(file: string): Promise<void> {
  try {
    await assertRegularFile(file, 'FILE');
    return;
  } catch (error) {
    if (systemCode(error) !== 'EISDIR')
      throw usageError(error instanceof Error ? error.message : String(error));
  }
  const { filesIn } = await import('../../read-weights.js');
  throw usageError(`FILE: expected a file of weights, got the folder ${file}. ${await filesIn(file)}`);
}

async function namesOf(names: string | undefined): Promise<NamesOf | NameMap | undefined> {
  if (names === undefined) return undefined;
  const { namingSchemes, parseNameMap } = await import('@dmnn/import');
  const scheme = namingSchemes.find((each) => each === names);
  if (scheme !== undefined) return scheme;
  const text = fileText(names, '--names');
  return inFile(`--names ${names}`, () => parseNameMap(text));
}

function givenClassNames({ classNames }: ImportOptions): string[] | undefined {
  if (classNames === undefined) return undefined;
  const text = fileText(classNames, '--class-names');
  // CIFAR's batches.meta.txt ends with an empty line
  return text.replace(/(\r?\n)+$/, '').split(/\r?\n/);
}

/** Three numbers on the scale of pixels from 0 to 1, `0.5,0.5,0.5`; above zero if `positive`. */
function channels(option: string, positive: boolean): (value: string) => number[] {
  return (value) => {
    const numbers = value.split(',').map((each) => (each.trim() === '' ? NaN : Number(each)));
    const what = `${positive ? 'three numbers > 0' : 'three numbers'} for red, green and blue, such as 0.5,0.5,0.5`;
    if (numbers.length !== 3 || !numbers.every((each) => Number.isFinite(each) && (!positive || each > 0)))
      throw usageError(`${option}: expected ${what}, got ${value}`);
    if (numbers.every((each) => each >= 0 && each <= 1)) return numbers;
    throw usageError(
      `${option}: expected ${what}, on the scale of pixels from 0 to 1, got ${value}. ` +
        'Divide those of pixels from 0 to 255 by 255.',
    );
  };
}

/** `dmnn import` */
export const importCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument(
        '<file>',
        'a safetensors file, a file of torch.save (.pth, .pt, .th, .bin, .ckpt), the index of one in shards (.safetensors.index.json, .bin.index.json), or a model of Keras (.keras, .h5, or the model.json of TensorFlow.js); nothing in it is run',
      )
      .option(
        '--model <model>',
        'its architecture: a model of the zoo, or a .json file (default: recognised by names and shapes)',
      )
      .requiredOption('--out <folder>', 'the model folder to write; must not exist yet')
      .option(
        '--names <names>',
        'naming scheme of the file: torchvision, timm, pytorch-cifar, efficientnet-pytorch, dmnn (our own), or a .json file with a name map (default: detected)',
      )
      .option(
        '--prefix <text>',
        "prefix of the network's names in the file, such as module., or ema. where raw and averaged weights are in one; tensors without it are left out (default: found)",
      )
      .addOption(
        new Option(
          '--head-activation <name>',
          'activation between the linear layers of a head that has several, such as fc.0 and fc.3, which no tensor shows (default: relu)',
        ).choices(Object.keys(activations)),
      )
      .option(
        '--classes <count>',
        'number of classes, with --model (default: 1000, or 100 for CIFAR networks)',
        integerOption('--classes', { min: 1, unit: 'classes' }),
      )
      .option(
        '--class-names <file>',
        "a text file with one class name per line (default: ImageNet's for 1000 classes)",
      )
      .addOption(
        new Option(
          '--preprocessing <mode>',
          "how the network wants its images: caffe (blue, green, red, less ImageNet's means), lite (EfficientNet-Lite's, (x - 127) / 128), tf (from -1 to 1), or torch (ImageNet's means and deviations) (default: torch; of a model of Keras, as its first layers or its application say)",
        ).choices(['caffe', 'lite', 'tf', 'torch']),
      )
      .addOption(
        new Option(
          '--means <r,g,b>',
          "mean of each channel, from 0 to 1, subtracted from it (default: ImageNet's, or the preprocessing's)",
        ).argParser(channels('--means', false)),
      )
      .addOption(
        new Option(
          '--deviations <r,g,b>',
          "standard deviation of each channel, on the same scale, which divides it (default: ImageNet's, or the preprocessing's)",
        ).argParser(channels('--deviations', true)),
      )
      .addOption(jsonOption());
  },
  request: (file: string, options: ImportOptions) => ({ file, ...options }),
  run: importFromFile,
});
