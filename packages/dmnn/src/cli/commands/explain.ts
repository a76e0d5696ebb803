import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { readImage } from '../../classify/read-image.js';
import { explanationOf } from '../../explain/explanation.js';
import { explanationSvg } from '../../explain/explanation-svg.js';
import { explanationText } from '../../explain/explanation-text.js';
import { imageAddress } from '../../explain/image-address.js';
import { type BackendChoice, backendOption } from '../options/backend-option.js';
import type { CommandContext } from '../command-context.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { jsonOption } from '../options/json-option.js';
import { inNativeProcess } from '../terminal/native-process.js';
import { trainedModelForms } from '../options/model-argument.js';
import { integerOption } from '../options/number-option.js';
import { isOnnxFile, openNetwork } from '../options/open-classifier.js';
import { readsUnicode } from '../terminal/reads-unicode.js';
import { UsageError } from '../terminal/usage-error.js';

/** Options of `dmnn explain`. */
interface ExplainOptions {
  readonly backend?: BackendChoice;
  readonly json?: boolean;
  readonly model: string;
  readonly svg?: string;
  readonly top: number;
}

/** Shows which sub-blocks ran for an image. */
async function explain(image: string, options: ExplainOptions, io: CommandIo): Promise<ExitCode> {
  if (isOnnxFile(options.model)) {
    throw new UsageError(
      `--model: expected ${trainedModelForms}, got ${options.model}: an .onnx file does not say how probable its gates were. Use dmnn predict for it.`,
    );
  }
  return inNativeProcess(options.backend, io, () => explainHere(image, options, io));
}

async function explainHere(
  image: string,
  { backend, json = false, model, svg, top }: ExplainOptions,
  io: CommandIo,
): Promise<ExitCode> {
  const { classifier, architecture, mean } = await openNetwork(model, backend, io);
  try {
    const pixels = await readImage(image, classifier);
    const { classNames } = classifier;
    const explanation = explanationOf(await classifier.classify(pixels), {
      architecture,
      image,
      top,
      ...(classNames && { classNames }),
      ...(mean && { mean }),
    });
    if (svg !== undefined) {
      const address = await imageAddress(pixels, classifier);
      await writeFile(svg, explanationSvg(explanation, { pixels: address }));
      io.err(`wrote ${svg}`);
    }
    io.out(
      json
        ? JSON.stringify(explanation, null, 2)
        : explanationText(explanation, { columns: io.columns, unicode: readsUnicode(io.env) }),
    );
    return DONE;
  } finally {
    await classifier.close();
  }
}

/** Adds `dmnn explain`. */
export function addExplain(program: Command, { io, finish }: CommandContext): void {
  program
    .command('explain')
    .description('show which sub-blocks ran for an image, how probable that was, and what it cost')
    .argument('<image>', 'an image')
    .requiredOption('--model <model>', trainedModelForms)
    .option('--svg <file>', 'draw it into a file as well')
    .option('--top <count>', 'how many classes', integerOption('--top', { min: 1 }), 5)
    .addOption(backendOption('the best that works'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Examples:
  dmnn explain photo.jpg --model runs/d20
  dmnn explain photo.jpg --model runs/d20 --svg photo.svg`,
    )
    .action((image: string, options: ExplainOptions) => finish(explain(image, options, io)));
}
