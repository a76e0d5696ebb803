import { basename } from 'node:path';
import type { NameMap, NamesOf } from '@dmnn/import';
import { Option } from 'commander';
import type { ImportedModel } from '../../import-model.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { countText } from '../../text/count-text.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { namedArchitecture } from '../options/named-architecture.js';
import { usageError } from '../terminal/usage-error.js';
import { fileContents, fileText } from '../options/file-contents.js';
import { jsonOption } from '../options/common-options.js';
import { integerOption } from '../options/option-values.js';

/** Options of `dmnn import`. */
interface ImportOptions {
  readonly model: string;
  readonly out: string;
  readonly names?: string | undefined;
  readonly prefix?: string | undefined;
  readonly classes?: number | undefined;
  readonly classNames?: string | undefined;
  readonly means?: readonly number[] | undefined;
  readonly deviations?: readonly number[] | undefined;
  readonly json?: boolean | undefined;
}

interface ImportRequest extends ImportOptions {
  readonly file: string;
}

/** Writes a model folder from a file of trained weights. */
async function importFile(options: ImportRequest, io: CommandIo): Promise<ExitCode> {
  const { file, model, out, prefix, classes, json = false } = options;
  if (model.endsWith('.json') && classes !== undefined)
    throw usageError('--classes: expected none, since the architecture file sets it.');
  const architecture = namedArchitecture(model, { classes });
  const { importBytes } = await import('../../import-model.js');
  const names = await namesOf(options.names);
  const findings = await importBytes(fileContents(file, 'FILE'), {
    architecture,
    file,
    out,
    names,
    mapName: basename(options.names ?? ''),
    prefix,
    classNames: givenClassNames(options),
    channelMeans: options.means,
    channelDeviations: options.deviations,
  });
  io.out(json ? JSON.stringify(findings, null, 2) : findingsText(findings));
  return DONE;
}

function findingsText({ model, folder, tensors, ignored, converted, importedFrom }: ImportedModel): string {
  const changes = Object.entries(converted).map(
    ([dtype, count]) => `${count} of them converted from ${dtype}`,
  );
  return [
    `${model}: ${[`${countText(tensors)} tensors with the names of ${importedFrom.names}`, ...changes].join(', ')}; ${ignored} ignored`,
    `written to ${folder}; dmnn eval ${folder} --data DATA evaluates it`,
  ].join('\n');
}

async function namesOf(names: string | undefined): Promise<NamesOf | NameMap | undefined> {
  if (names === undefined || names === 'torchvision' || names === 'timm') return names;
  const { parseNameMap } = await import('@dmnn/import');
  return parseNameMap(fileText(names, '--names'));
}

function givenClassNames({ classNames }: ImportOptions): string[] | undefined {
  if (classNames === undefined) return undefined;
  const text = fileText(classNames, '--class-names');
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** Three numbers, `0.5,0.5,0.5`; above zero if `positive`. */
function channels(option: string, positive: boolean): (value: string) => number[] {
  return (value) => {
    const numbers = value.split(',').map((each) => (each.trim() === '' ? NaN : Number(each)));
    if (numbers.length === 3 && numbers.every((each) => Number.isFinite(each) && (!positive || each > 0)))
      return numbers;
    const what = positive ? 'three numbers > 0' : 'three numbers';
    throw usageError(
      `${option}: expected ${what} for red, green and blue, such as 0.5,0.5,0.5, got ${value}`,
    );
  };
}

/** `dmnn import` */
export const importCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<file>', 'a safetensors file')
      .requiredOption('--model <model>', 'its architecture: a model of the zoo, or a .json file')
      .requiredOption('--out <folder>', 'the model folder to write; must not exist yet')
      .option(
        '--names <names>',
        'naming scheme of the file: torchvision, timm, or a .json file with a name map (default: detected)',
      )
      .option('--prefix <text>', 'prefix of every name in the file, such as module.')
      .option(
        '--classes <count>',
        'number of classes (default: 1000, or 100 for CIFAR networks)',
        integerOption('--classes', { min: 1, unit: 'classes' }),
      )
      .option(
        '--class-names <file>',
        "a text file with one class name per line (default: ImageNet's for 1000 classes)",
      )
      .addOption(
        new Option(
          '--means <r,g,b>',
          "mean of each channel, subtracted from it (default: ImageNet's)",
        ).argParser(channels('--means', false)),
      )
      .addOption(
        new Option(
          '--deviations <r,g,b>',
          "standard deviation of each channel, which divides it (default: ImageNet's)",
        ).argParser(channels('--deviations', true)),
      )
      .addOption(jsonOption());
  },
  request: (file: string, options: ImportOptions) => ({ file, ...options }),
  run: importFile,
});
