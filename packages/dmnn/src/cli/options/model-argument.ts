import { existsSync } from 'node:fs';
import type { Architecture } from '@dmnn/architecture';
import { classNamesOf, imagenetStatistics } from '@dmnn/data';
import type { Weights } from '@dmnn/weights';
import type { ImagePreparation } from '@dmnn/onnx';
import type { ModelSource } from '@dmnn/runs';
import type { MeanCost } from '../../explain/explanation.js';
import type { CommandIo } from '../terminal/command-io.js';
import { namedArchitecture } from './named-architecture.js';
import { startBackend } from '../terminal/start-backend.js';
import { UsageError } from '../terminal/usage-error.js';

/** What `--model` takes where a network must have learnt something, for help texts. */
export const trainedModelForms = 'the folder of a run or of an imported model';

/** What names a model where random weights will do, for help texts. */
export const anyModelForms =
  'the folder of a run or of an imported model, or a name of the zoo (random weights)';

/** A network that a command line names, as plain data, and what is known of its images. */
export interface NamedModel {
  readonly architecture: Architecture;
  readonly weights: Weights;
  /** Whether the weights were trained; else they are random. */
  readonly trained: boolean;
  /** What an image must become; absent if nobody knows. */
  readonly preparation?: ImagePreparation;
  /** `[class]`; absent if nobody knows. */
  readonly classNames?: readonly string[];
  /** What an image costs on average, where an evaluation says so. */
  readonly mean?: MeanCost;
}

/** A {@link NamedModel} that can be shown images. */
export interface TrainedModel extends NamedModel {
  readonly preparation: ImagePreparation;
}

/**
 * Opens the trained network that a command line names.
 *
 * @param model - the folder of a run or of an imported model
 * @throws UsageError if it is not there; ModelFolderError, RunFolderError, CheckpointError
 */
export async function openTrainedModel(model: string, io: CommandIo): Promise<TrainedModel> {
  if (!existsSync(model)) {
    throw new UsageError(`model: expected ${trainedModelForms}, got ${model}, which is not there.`);
  }
  const { openModel } = await import('@dmnn/runs');
  const { architecture, weights, channelMeans, channelDeviations, classNames, source } = await openModel(
    model,
    {
      onWarning: (message) => {
        io.err(message);
      },
    },
  );
  const mean = await meanCost(source);
  return {
    architecture,
    weights,
    trained: true,
    preparation: {
      shorterSidePx: shorterSidePx(architecture, source.kind === 'run' ? source.dataset : 'imagenet'),
      channelMeans,
      channelDeviations,
    },
    ...(classNames && { classNames }),
    ...(mean && { mean }),
  };
}

/**
 * Opens the network that a command line names: a trained one, or one of the zoo with random weights, and says so.
 *
 * @param model - the folder of a run or of an imported model, a name of the zoo, or an architecture in a `.json` file
 * @throws UnknownModelError with near names, and what {@link openTrainedModel} throws
 */
export async function openAnyModel(model: string, io: CommandIo): Promise<NamedModel> {
  if (existsSync(model) && !model.endsWith('.json')) return openTrainedModel(model, io);
  const architecture = namedArchitecture(model);
  io.err(`${architecture.name}: random weights, since it is a name of the zoo and not a folder.`);
  const classNames = classNamesOf('imagenet');
  return {
    architecture,
    weights: await randomWeights(architecture, io),
    trained: false,
    ...(classNames?.length === architecture.head.classes && {
      classNames,
      preparation: { shorterSidePx: shorterSidePx(architecture, 'imagenet'), ...imagenetStatistics },
    }),
  };
}

async function randomWeights(architecture: Architecture, io: CommandIo): Promise<Weights> {
  // the plain backend holds the variables for a moment; nothing is computed
  await startBackend('cpu', { ...io, err: () => undefined });
  const { createNetwork } = await import('@dmnn/network');
  const network = createNetwork(architecture, { seed: 1 });
  try {
    return await network.weights();
  } finally {
    network.dispose();
  }
}

/** What the shorter side of an image is resized to. */
function shorterSidePx({ imageSizePx }: Architecture, dataset: string): number {
  // images of these are used whole; of image files the middle, as in the usual evaluation: 224 of 256 px
  const whole = dataset === 'cifar100' || dataset === 'built-in';
  return whole ? imageSizePx : Math.round((imageSizePx * 256) / 224);
}

/** The run's own evaluation of the checkpoint. */
async function meanCost(source: ModelSource): Promise<MeanCost | undefined> {
  if (source.kind !== 'run') return undefined;
  const { readMetrics } = await import('@dmnn/runs');
  const epochs = (await readMetrics(source.folder)).filter((record) => record.kind === 'epoch');
  const evaluation = epochs.filter(({ step }) => step === source.checkpoint.step).at(-1)?.evaluation;
  return evaluation ? { macs: evaluation.meanMacs, images: evaluation.images } : undefined;
}
