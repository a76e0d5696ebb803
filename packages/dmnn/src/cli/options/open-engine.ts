import { closeIfFails, isDmnnError } from '@dmnn/foundation';
import type { EngineNetwork } from '@dmnn/trainer';
import type { NetworkData } from '@dmnn/weights';
import type { Inferring } from '../../classify/inferring-classifier.js';
import { openCompiled } from '../terminal/compiled-engine.js';
import type { CommandIo } from '../terminal/command-io.js';
import {
  type EngineChoice,
  type EngineNeed,
  type RunsOn,
  isCompiledOnly,
  onnxLacks,
} from './engine-option.js';
import type { EngineOptions, PrecisionChoice } from '@dmnn/engine';
import { lacksQuantisation, quantisationFor } from './quantisation-file.js';

/** What runs a network without TensorFlow.js. */
export type TensorlessEngine = Exclude<EngineChoice, 'tfjs'>;

/** A network that is open in an engine; whoever opened it closes it. */
export type OpenedEngine = EngineNetwork & Inferring;

/** What a command asks of an engine. */
export interface EngineRequest extends RunsOn {
  /** Where `--precision` says none. */
  readonly defaultPrecision: PrecisionChoice;
  /** Images that run side by side. @defaultValue 1 */
  readonly workers?: number | undefined;
  /** @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
  readonly needs?: EngineNeed | undefined;
  /** Images to quantise the network on, in place of what `dmnn quantize` wrote. */
  readonly calibrationImages?: readonly Float32Array[] | undefined;
}

/** What a command that classifies asks of an engine. */
export interface ClassifierRequest extends EngineRequest {
  /** A folder of images to quantise the network on. */
  readonly quantizeImages?: string | undefined;
}

interface Opened {
  readonly engine: OpenedEngine;
  /** What it is, for the user. */
  readonly what: string;
}

/** How each opens a network. In the order in which they are tried: the fastest first. */
const openers: {
  readonly [engine in TensorlessEngine]: (
    network: NetworkData,
    request: EngineRequest,
    io: CommandIo,
  ) => Promise<Opened>;
} = {
  compiled: async (network, request, io) => {
    const { precision: asked, defaultPrecision, workers = 1, imageSizePx } = request;
    const requested = asked ?? defaultPrecision;
    const calibration = await calibrationOf(network, request, io);
    const engine = await openCompiled(network, io, {
      precision: requested,
      workers,
      imageSizePx,
      ...calibration,
    });
    const { precision, precisionReason, version, description } = engine;
    const isDefault = asked === undefined && precision === requested;
    const why = isDefault ? 'the default; --precision takes another' : precisionReason;
    return {
      engine: {
        architecture: network.architecture,
        description,
        engine: { name: 'compiled', precision, version, threads: 1 },
        imagesAtOnce: workers,
        run: (image, decision) => engine.run(image, decision),
        close: () => engine.close(),
      },
      what: `${precision} (${why})`,
    };
  },
  onnx: async (network, { workers = 1, imageSizePx }) => {
    const { DynamicSession, exportOnnx } = await import('@dmnn/onnx');
    const { formText, loadOnnxRuntime } = await import('../terminal/onnx-runtime.js');
    const runtime = await loadOnnxRuntime();
    // workers load the runtime themselves
    const options = workers > 1 ? { workers } : { runtime };
    const session = await DynamicSession.create(exportOnnx(network, { imageSizePx }), options);
    return {
      engine: {
        architecture: network.architecture,
        description: session.description,
        engine: { name: 'onnx', precision: 'f32', version: runtime.version },
        imagesAtOnce: workers,
        run: (image) => session.run(image),
        close: () => session.close(),
      },
      what: `${runtime.version}, f32, ${formText(session.form)}`,
    };
  },
};

/** What int8 is opened by, if it is asked for: images, or the file next to the run or the model. */
async function calibrationOf(
  network: NetworkData,
  { precision, calibrationImages }: EngineRequest,
  io: CommandIo,
): Promise<Pick<EngineOptions, 'quantisation' | 'calibrationImages'>> {
  if (precision !== 'int8' && precision !== 'auto') return {};
  if (calibrationImages) return { calibrationImages };
  const quantisation = await quantisationFor(network, precision, io);
  if (quantisation || precision === 'auto') return { quantisation };
  throw lacksQuantisation(network);
}

/** What an engine throws that is not there, does not work here, or does not take such networks, as those with exits. */
const unavailable = ['DMNN_ENGINE', 'DMNN_SESSION', 'DMNN_EXPORT'];

/**
 * Opens a network in the fastest engine that works and is none of TensorFlow.js. Says which and why, and of each that it
 * passes over why not.
 *
 * @param request - with an engine: that one, without fallback
 * @param begin - takes the engine over; if it fails the engine is closed, and the next one is tried
 * @returns what `begin` gives; undefined if no engine works
 * @throws what the requested engine throws, and what is wrong with the network
 */
export async function inFastestEngine<Result>(
  network: NetworkData,
  request: EngineRequest,
  io: CommandIo,
  begin: (engine: OpenedEngine) => Promise<Result>,
): Promise<Result | undefined> {
  return inFirstThatWorks((name) => openers[name](network, request, io), request, io, begin);
}

/** The same, for whatever `open` opens in an engine. */
export async function inFirstThatWorks<Engine extends { close(): Promise<void> }, Result>(
  open: (name: TensorlessEngine) => Promise<{ readonly engine: Engine; readonly what: string }>,
  request: Pick<EngineRequest, 'precision' | 'engine' | 'needs'>,
  io: CommandIo,
  begin: (engine: Engine) => Promise<Result>,
): Promise<Result | undefined> {
  const asked = isCompiledOnly(request.precision) ? 'compiled' : request.engine;
  const names =
    asked === undefined ? (Object.keys(openers) as TensorlessEngine[]) : [asked as TensorlessEngine];
  for (const name of names) {
    const lack = name === 'onnx' && request.needs !== undefined ? onnxLacks[request.needs] : undefined;
    if (lack !== undefined) {
      io.err(`engine ${name}: not used: ${lack}.`);
      continue;
    }
    try {
      const { engine, what } = await open(name);
      const result = await closeIfFails(
        () => begin(engine),
        () => engine.close(),
      );
      io.err(`engine ${name}: ${what}${asked === undefined ? '; the fastest that works' : ''}`);
      return result;
    } catch (error) {
      if (asked !== undefined || !unavailable.some((code) => isDmnnError(error, code))) throw error;
      io.err(`engine ${name}: not used: ${(error as Error).message}`);
    }
  }
  return undefined;
}

/** Runs an image of zeros: an engine that opens may still not run, and its first run prepares what later ones use. */
export async function warmedUp(engine: OpenedEngine): Promise<OpenedEngine> {
  const { imageSizePx, inChannels } = engine.description;
  await engine.run(new Float32Array(imageSizePx ** 2 * inChannels), {});
  return engine;
}
