import { printable } from '@dmnn/foundation';
import { shellWord } from '@dmnn/foundation/node';
import type { Quantisation } from '@dmnn/engine';
import type { Cascade, OpenedNetworkData } from '@dmnn/runs';
import { type CascadeRunner, cascadeClassifier } from '../../classify/cascade-classifier.js';
import type { FileClassifier } from '../../classify/classifier.js';
import { preparationOf } from '../../classify/image-preparation.js';
import type { CommandIo } from '../terminal/command-io.js';
import { startBackend } from '../terminal/start-backend.js';
import { usageError } from '../terminal/usage-error.js';
import { type ClassifierRequest, type TensorlessEngine, inFirstThatWorks } from './open-engine.js';
import { QUANTISATION_FILE, quantisationFor, readQuantizeImages } from './quantisation-file.js';

type OpenedCascade = Cascade<OpenedNetworkData>;

/**
 * Opens a cascade as a classifier of files, on the requested engine or the fastest that works and gives what is
 * needed; a backend asks for TensorFlow.js. An image of zeros runs before the promise settles.
 *
 * @throws what opening an engine and a backend throw
 */
export async function openCascadeClassifier(
  cascade: Cascade<OpenedNetworkData>,
  request: ClassifierRequest,
  io: CommandIo,
): Promise<FileClassifier> {
  const { backend, engine } = request;
  if (backend === undefined && engine !== 'tfjs') {
    const open = (name: TensorlessEngine): Promise<{ engine: CascadeRunner; what: string }> =>
      openers[name](cascade, request, io);
    const runner = await inFirstThatWorks(open, request, io, (opened) => warmedUp(opened, cascade));
    if (runner) return cascadeClassifier(cascade, runner);
  }
  await startBackend(backend, io);
  const { tensorCascadeClassifier } = await import('../../classify/open-trained-cascade.js');
  return tensorCascadeClassifier(cascade);
}

const openers: {
  readonly [engine in TensorlessEngine]: (
    cascade: OpenedCascade,
    request: ClassifierRequest,
    io: CommandIo,
  ) => Promise<{ engine: CascadeRunner; what: string }>;
} = {
  compiled: async (cascade, { precision: asked, defaultPrecision, quantizeImages }, io) => {
    const { openEngineCascade } = await import('@dmnn/engine');
    const { nativeCacheDirectory } = await import('@dmnn/runtime');
    const { partNames } = await import('@dmnn/runs');
    const precision = asked ?? defaultPrecision;
    const cacheDirectory = nativeCacheDirectory(io.env);
    const quantisations =
      quantizeImages !== undefined
        ? await quantisedOn(cascade, quantizeImages, cacheDirectory, io)
        : asked === 'int8' || asked === 'auto'
          ? await quantisationsOf(cascade, asked, io)
          : undefined;
    const engine = await openEngineCascade(cascade, { precision, quantisations, cacheDirectory });
    const names = partNames(cascade.parts);
    const texts = engine.precisions.map((own, part) => {
      const isDefault = asked === undefined && own === precision;
      const why = isDefault ? 'the default; --precision takes another' : engine.precisionReasons[part];
      return `${names[part] ?? ''} ${own} (${why ?? ''})`;
    });
    return { engine, what: texts.join(', ') };
  },
  onnx: async (cascade, _, io) => {
    const { DynamicSession } = await import('@dmnn/onnx');
    const { exportOpenedCascade } = await import('../../export-model.js');
    const { formText, loadOnnxRuntime } = await import('../terminal/onnx-runtime.js');
    const runtime = await loadOnnxRuntime();
    const [own, ...others] = cascade.parts.map((part) => preparationOf(part).shorterSidePx);
    if (others.some((each) => each !== own))
      io.err('engine onnx: images are prepared as for the first network, which resizes them otherwise');
    const session = await DynamicSession.create(exportOpenedCascade(cascade, {}), { runtime });
    return {
      engine: { run: async (imageOf) => session.run(await imageOf(0)), close: () => session.close() },
      what: `${runtime.version}, f32, ${formText(session.form)}`,
    };
  },
};

/** Quantises each network on the images of a folder, prepared as it takes them. @throws as `readQuantizeImages` */
async function quantisedOn(
  { parts }: OpenedCascade,
  folder: string,
  cacheDirectory: string,
  io: CommandIo,
): Promise<Quantisation[]> {
  const { quantiseNetwork } = await import('@dmnn/engine');
  const found: Quantisation[] = [];
  for (const part of parts) {
    const { imageSizePx } = part.architecture;
    const images = await readQuantizeImages(folder, { imageSizePx, preparation: preparationOf(part) }, io);
    found.push(await quantiseNetwork(part, images, { cacheDirectory }));
  }
  return found;
}

/** What networks are opened by in 8 bits: the files next to them. @throws DmnnError `DMNN_USAGE` if int8 needs one */
export async function quantisationsOf(
  { parts }: OpenedCascade,
  precision: 'int8' | 'auto',
  io: Pick<CommandIo, 'err'>,
): Promise<(Quantisation | undefined)[]> {
  const { settingText } = await import('@dmnn/runs');
  const found: (Quantisation | undefined)[] = [];
  for (const part of parts) {
    const { source, architecture } = part;
    const quantisation = await quantisationFor(part, precision, io);
    found.push(quantisation);
    if (quantisation || precision === 'auto') continue;
    if (part.setting)
      throw usageError(
        `--precision: expected quantised networks with int8, got ${architecture.name}${settingText(part.setting)}, and ${QUANTISATION_FILE} is of a network as it was trained. Quantise it on images: --quantize-images FOLDER, where the command has it, or take f32.`,
      );
    throw usageError(
      `--precision: expected quantised networks with int8, got ${architecture.name} without ${QUANTISATION_FILE}. Run: dmnn quantize ${shellWord(printable(source.folder, Infinity))} --data …`,
    );
  }
  return found;
}

/** Runs an image of zeros: an engine that opens may still not run, and a first run prepares what later ones use. */
async function warmedUp(runner: CascadeRunner, { parts }: OpenedCascade): Promise<CascadeRunner> {
  await runner.run((part) => {
    const { imageSizePx, inChannels } = (parts[part] as OpenedNetworkData).architecture;
    return Promise.resolve(new Float32Array(imageSizePx ** 2 * inChannels));
  });
  return runner;
}
