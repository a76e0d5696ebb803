import { printable } from '@dmnn/foundation';
import { existsSync } from 'node:fs';
import type { ImagePreparation } from '@dmnn/architecture';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { NetworkData } from '@dmnn/weights';
import { preparationOf, shorterSidePx } from '../../classify/image-preparation.js';
import type { CommandIo } from '../terminal/command-io.js';
import { usageError } from '../terminal/usage-error.js';
import { isCompiledOnly } from './engine-option.js';
import type { ClassifierRequest } from './open-engine.js';
import { readQuantizeImages } from './quantisation-file.js';
import { namedArchitecture } from './named-architecture.js';
import type { Classifier, FileClassifier } from '../../classify/classifier.js';
import { startBackend } from '../terminal/start-backend.js';

/** What `--model` takes if a cascade will do, too, for help texts. */
export const answeringModelForms = 'a run folder, an imported model folder, or the folder of a cascade';

/** What `--model` takes if the network must be trained, for help texts. */
const trainedModelForms = 'a run folder or an imported model folder';

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
  await refuseSetting('model', model);
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

/**
 * Refuses a network at a setting, such as `runs/d20@pattern=all`, where one as it was trained is expected.
 *
 * @throws DmnnError `DMNN_USAGE` with what does the same
 */
export async function refuseSetting(argument: string, text: string): Promise<void> {
  if (!text.includes('@')) return;
  const { assertNoSetting } = await import('./stage-argument.js');
  assertNoSetting(argument, text);
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

/** A trained network that is ready to classify images. */
interface NetworkClassifier {
  readonly classifier: Classifier;
  readonly network: TrainedNetwork;
}

/** Whether a model argument is a file for ONNX Runtime. */
export function isOnnxFile(model: string): boolean {
  return model.toLowerCase().endsWith('.onnx');
}

/**
 * Opens a trained network as a classifier on the requested engine, or the fastest that works and gives what is needed; a
 * backend asks for TensorFlow.js.
 *
 * @throws what opening a network, an engine and a backend throw
 */
export async function openNetworkClassifier(
  model: string,
  request: ClassifierRequest,
  io: CommandIo,
): Promise<NetworkClassifier> {
  const network = await openNamedNetwork(model, io);
  const { backend, engine } = request;
  if (backend === undefined && engine !== 'tfjs') {
    const { inferringClassifier } = await import('../../classify/inferring-classifier.js');
    const { inFastestEngine } = await import('./open-engine.js');
    const { name, imageSizePx } = network.architecture;
    const { quantizeImages: folder } = request;
    const calibrationImages =
      folder === undefined
        ? undefined
        : await readQuantizeImages(folder, { imageSizePx, preparation: network.preparation }, io);
    const classifier = await inFastestEngine(network, { ...request, calibrationImages }, io, (opened) =>
      inferringClassifier(opened, name, network),
    );
    if (classifier) return { classifier, network };
  }
  await startBackend(backend, io);
  const { createNetwork } = await import('@dmnn/network');
  const { networkClassifier } = await import('../../classify/network-classifier.js');
  const { architecture, weights } = network;
  const onTensors = createNetwork(architecture, { seed: 0, weights });
  return { classifier: await networkClassifier(onTensors, network), network };
}

/**
 * Opens a model as a classifier of files: an `.onnx` file of `dmnn export` on ONNX Runtime, the folder of a cascade, others
 * as {@link openNetworkClassifier} does.
 */
export async function openClassifier(
  model: string,
  request: ClassifierRequest,
  io: CommandIo,
): Promise<FileClassifier> {
  const { isCascade, openCascade } = await import('@dmnn/runs');
  if (!isOnnxFile(model) && (await isCascade(model))) {
    const { openCascadeClassifier } = await import('./open-cascade.js');
    return openCascadeClassifier(await openCascade(model), request, io);
  }
  const { fileClassifier } = await import('../../classify/predict-images.js');
  if (!isOnnxFile(model)) return fileClassifier((await openNetworkClassifier(model, request, io)).classifier);
  const { backend, engine, precision } = request;
  for (const [option, value] of Object.entries({
    backend,
    engine: engine === 'onnx' ? undefined : engine,
    precision: isCompiledOnly(precision) ? precision : undefined,
  })) {
    if (value === undefined) continue;
    throw usageError(`--${option}: expected none with an .onnx file, which ONNX Runtime runs, got ${value}.`);
  }
  const { sessionClassifier } = await import('../../classify/session-classifier.js');
  const { formText } = await import('../terminal/onnx-runtime.js');
  const { classifier, stageNames } = await sessionClassifier(model, (form) => {
    io.err(`engine onnx: f32, ${formText(form)}`);
  });
  return fileClassifier(classifier, stageNames);
}
