import { printable } from '@dmnn/foundation';
import { existsSync } from 'node:fs';
import type { ImagePreparation } from '@dmnn/architecture';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { NetworkData } from '@dmnn/weights';
import { preparationOf, shorterSidePx } from '../../classify/image-preparation.js';
import type { CommandIo } from '../terminal/command-io.js';
import { usageError } from '../terminal/usage-error.js';
import type { EngineChoice } from './engine-option.js';
import { namedArchitecture } from './named-architecture.js';
import type { Classifier } from '../../classify/classifier.js';
import { type BackendChoice, startBackend } from '../terminal/start-backend.js';

/** What `--model` takes if the network must be trained, for help texts. */
export const trainedModelForms = 'a run folder or an imported model folder';

/** What a model argument takes if random weights work too, for help texts. */
export const anyModelForms = 'a run folder, an imported model folder, or a model of the zoo (random weights)';

/** A trained network that a command line names. */
interface TrainedNetwork extends OpenedNetworkData {
  readonly trained: true;
  /** What an image must become. */
  readonly preparation: ImagePreparation;
}

/** A network of the zoo with random weights. */
interface RandomNetwork extends NetworkData {
  readonly trained: false;
  /** What an image must become; absent if unknown. */
  readonly preparation?: ImagePreparation | undefined;
  /** `[class]`; absent if unknown. */
  readonly classNames?: readonly string[] | undefined;
}

/** A network that a command line names, as plain data, and what is known of its images. */
export type NamedNetwork = TrainedNetwork | RandomNetwork;

/**
 * Opens the network that a command line names: a trained one, or with `random` also one of the zoo, which is reported.
 *
 * @param model - the folder of a run or of an imported model; with `random` also a name of the zoo, or an architecture in a
 *   `.json` file
 * @throws DmnnError `DMNN_USAGE` if the folder does not exist; with `random` DmnnError `DMNN_UNKNOWN_MODEL` with near names
 * @throws ModelFolderError, RunFolderError, CheckpointError as `openNetworkData` of `@dmnn/runs`
 */
export async function openNamedNetwork(model: string, io: CommandIo): Promise<TrainedNetwork>;
export async function openNamedNetwork(
  model: string,
  io: CommandIo,
  options: { readonly random: true },
): Promise<NamedNetwork>;
export async function openNamedNetwork(
  model: string,
  io: CommandIo,
  { random = false }: { readonly random?: boolean } = {},
): Promise<NamedNetwork> {
  const isThere = existsSync(model);
  if (random && (!isThere || model.endsWith('.json'))) return randomNetwork(model, io);
  if (!isThere) {
    throw usageError(`model: expected ${trainedModelForms}, got ${model}, which does not exist.`);
  }
  const { openNetworkData } = await import('@dmnn/runs');
  const opened = await openNetworkData(model, {
    onWarning: (message) => {
      io.err(printable(message, Infinity));
    },
  });
  return { ...opened, trained: true, preparation: preparationOf(opened) };
}

async function randomNetwork(model: string, io: CommandIo): Promise<RandomNetwork> {
  const { classNamesOf, imagenetNormalisation } = await import('@dmnn/data');
  const { initialWeights } = await import('@dmnn/weights');
  const architecture = namedArchitecture(model);
  io.err(`${architecture.name}: random weights, since it is a model of the zoo and not a folder.`);
  const network = {
    architecture,
    weights: initialWeights(architecture, { seed: 1 }),
    trained: false,
  } as const;
  const classNames = classNamesOf('imagenet');
  if (classNames?.length !== architecture.head.classes) return network;
  const preparation = { shorterSidePx: shorterSidePx(architecture, 'imagenet'), ...imagenetNormalisation };
  return { ...network, classNames, preparation };
}

/** A trained network that is ready to classify images on TensorFlow.js. */
interface NetworkClassifier {
  readonly classifier: Classifier;
  readonly network: TrainedNetwork;
}

/** Whether a model argument is a file for ONNX Runtime. */
export function isOnnxFile(model: string): boolean {
  return model.toLowerCase().endsWith('.onnx');
}

/**
 * Opens a trained network as a classifier on TensorFlow.js.
 *
 * @throws what opening a network and a backend throw
 */
export async function openNetworkClassifier(
  model: string,
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<NetworkClassifier> {
  const network = await openNamedNetwork(model, io);
  return { classifier: await classifierOnTensors(network, backend, io), network };
}

async function classifierOnTensors(
  network: TrainedNetwork,
  backend: BackendChoice | undefined,
  io: CommandIo,
): Promise<Classifier> {
  await startBackend(backend, io);
  const { createNetwork } = await import('@dmnn/network');
  const { networkClassifier } = await import('../../classify/network-classifier.js');
  const { architecture, weights } = network;
  return networkClassifier(createNetwork(architecture, { seed: 0, weights }), network);
}

/** What a command line says of who is to run a network. */
export interface RunsOn {
  readonly backend?: BackendChoice | undefined;
  readonly engine?: EngineChoice | undefined;
}

/**
 * Opens a model as a classifier: an `.onnx` file of `dmnn export` on ONNX Runtime, others on the requested engine, or the
 * fastest that works; a backend asks for TensorFlow.js.
 */
export async function openClassifier(
  model: string,
  { backend, engine }: RunsOn,
  io: CommandIo,
): Promise<Classifier> {
  if (isOnnxFile(model)) {
    for (const [option, value] of Object.entries({
      backend,
      engine: engine === 'onnx' ? undefined : engine,
    })) {
      if (value === undefined) continue;
      throw usageError(
        `--${option}: expected none with an .onnx file, which ONNX Runtime runs, got ${value}.`,
      );
    }
    const { sessionClassifier } = await import('../../classify/session-classifier.js');
    return sessionClassifier(model);
  }
  const network = await openNamedNetwork(model, io);
  if (backend === undefined && engine !== 'tfjs') {
    const { openWithoutTensors } = await import('./open-without-tensors.js');
    const classifier = await openWithoutTensors(network, engine, io);
    if (classifier) return classifier;
  }
  return classifierOnTensors(network, backend, io);
}
