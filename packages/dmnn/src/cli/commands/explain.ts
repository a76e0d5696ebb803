import { closeAfter, printable } from '@dmnn/foundation';
import { writeFileDurably } from '@dmnn/foundation/node';
import { preparationOf, readImage } from '../../classify/image-preparation.js';
import { explanationOf } from '../../explain/explanation.js';
import { explanationSvg } from '../../explain/explanation-svg.js';
import { explanationText } from '../../explain/explanation-text.js';
import { meanCostOf } from '../../explain/mean-cost-of.js';
import { imageAddress } from '../../explain/image-address.js';
import { type SetUpCommand, defineCommand } from '../terminal/define-command.js';
import type { CommandIo } from '../terminal/command-io.js';
import { type ExitCode, DONE } from '../terminal/exit-code.js';
import { cascadeExplanationOf, cascadeExplanationText } from '../../explain/cascade-explanation.js';
import { cascadeExplanationSvg } from '../../explain/cascade-explanation-svg.js';
import { answeringModelForms, isOnnxFile, openNetworkClassifier } from '../options/open-network.js';
import type { ClassifierRequest } from '../options/open-engine.js';
import { assertFileFits } from '../options/output-folders.js';
import { readsUnicode } from '../terminal/reads-unicode.js';
import { usageError } from '../terminal/usage-error.js';
import {
  type RunsOn,
  assertEngineGives,
  assertEngineOptions,
  engineOption,
  precisionOption,
} from '../options/engine-option.js';
import { backendOption, jsonOption, integerOption } from '../options/common-options.js';

/** Options of `dmnn explain`. */
interface ExplainOptions extends RunsOn {
  readonly json?: boolean | undefined;
  readonly model: string;
  readonly svg?: string | undefined;
  readonly top: number;
}

interface ExplainRequest extends ExplainOptions {
  readonly image: string;
}

function explainRequest(image: string, options: ExplainOptions): ExplainRequest {
  if (isOnnxFile(options.model)) {
    throw usageError(
      `--model: expected ${answeringModelForms}, got ${options.model}: an .onnx file does not output gate probabilities. Use dmnn predict for it.`,
    );
  }
  assertEngineOptions(options);
  assertEngineGives(options.engine, 'gate probabilities', 'dmnn explain');
  return { image, ...options };
}

/** Shows which sub-blocks ran for an image, or at which stage of a cascade it stopped. */
async function explainImage(
  { image, backend, engine, precision, json = false, model, svg, top }: ExplainRequest,
  io: CommandIo,
): Promise<ExitCode> {
  const { isCascade } = await import('@dmnn/runs');
  if (svg !== undefined) await assertFileFits('--svg', svg);
  const request = {
    backend,
    engine,
    precision,
    defaultPrecision: 'f32',
    needs: 'gate probabilities',
  } as const;
  if (await isCascade(model)) return explainInCascade({ image, json, model, svg, top }, request, io);
  const { classifier, network } = await openNetworkClassifier(model, request, io);
  return closeAfter(
    async (): Promise<ExitCode> => {
      const pixels = await readImage(image, classifier);
      const explanation = explanationOf(await classifier.classify(pixels), {
        architecture: network.architecture,
        image,
        top,
        classNames: classifier.classNames,
        mean: await meanCostOf(network.source),
      });
      if (svg !== undefined) {
        const address = await imageAddress(pixels, classifier);
        await writeFileDurably(svg, explanationSvg(explanation, { pixels: address }), undefined, '--svg');
        io.err(`wrote ${printable(svg, Infinity)}`);
      }
      io.out(
        json
          ? JSON.stringify(explanation, null, 2)
          : explanationText(explanation, { columns: io.columns, unicode: readsUnicode(io.env) }),
      );
      return DONE;
    },
    () => classifier.close(),
  );
}

/** Shows at which stage of a cascade an image stopped. */
async function explainInCascade(
  { image, json, model, svg, top }: Pick<ExplainRequest, 'image' | 'json' | 'model' | 'svg' | 'top'>,
  request: ClassifierRequest,
  io: CommandIo,
): Promise<ExitCode> {
  const { openCascade } = await import('@dmnn/runs');
  const { openCascadeClassifier } = await import('../options/open-cascade.js');
  const cascade = await openCascade(model);
  const classifier = await openCascadeClassifier(cascade, request, io);
  return closeAfter(
    async (): Promise<ExitCode> => {
      const { name, stageNames = [], undividedMacs, classNames } = classifier;
      const { settings } = cascade;
      const what = { image, name, stageNames, settings, undividedMacs, classNames, top };
      const explanation = cascadeExplanationOf(await classifier.classifyFile(image), what);
      const [first] = cascade.parts;
      if (svg !== undefined && first) {
        const seen = { imageSizePx: first.architecture.imageSizePx, preparation: preparationOf(first) };
        const pixels = await imageAddress(await readImage(image, seen), seen);
        await writeFileDurably(svg, cascadeExplanationSvg(explanation, { pixels }), undefined, '--svg');
        io.err(`wrote ${printable(svg, Infinity)}`);
      }
      io.out(json ? JSON.stringify(explanation, null, 2) : cascadeExplanationText(explanation));
      return DONE;
    },
    () => classifier.close(),
  );
}

/** `dmnn explain` */
export const explainCommand: SetUpCommand = defineCommand({
  usage: (command) => {
    command
      .argument('<image>', 'an image file')
      .requiredOption('--model <model>', answeringModelForms)
      .option('--svg <file>', 'also draw the explanation as an SVG file')
      .option('--top <count>', 'number of classes to show', integerOption('--top', { min: 1 }), 5)
      .addOption(engineOption('compiled if it works, then tfjs; tfjs with --backend'))
      .addOption(precisionOption('f32'))
      .addOption(backendOption('the best that works, if no other engine does'))
      .addOption(jsonOption())
      .addHelpText(
        'after',
        `
Examples:
  dmnn explain photo.jpg --model runs/d20
  dmnn explain photo.jpg --model runs/d20 --svg photo.svg`,
      );
  },
  request: explainRequest,
  needs: ({ backend, engine = 'tfjs' }) => (engine === 'tfjs' ? (backend ?? 'native') : undefined),
  run: explainImage,
});
