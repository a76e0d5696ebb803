import { validateArchitecture } from '@dmnn/architecture';
import { closeAfter } from '@dmnn/foundation';
import type { NetworkData } from '@dmnn/weights';
import {
  type Quantisation,
  assertQuantisationFits,
  checkedQuantisation,
} from '../quantisation/quantisation.js';
import { CompiledEngine, type Engine } from './engine.js';
import { engineError } from '../errors/engine-error.js';
import { locatedCore } from './located-core.js';
import type { NativeCore } from './native-core.js';
import { networkDescription } from './network-description.js';
import { OpenedPrecisions } from './opened-precisions.js';
import { type PrecisionChoice, assertPrecision } from './precision.js';
import { chosenPrecision } from './chosen-precision.js';
import { checkedImages } from './checked-images.js';

/** Options of {@link openEngine}. */
export interface EngineOptions {
  /**
   * `'f32'`; `'bf16'` where the processor has instructions for bfloat16, otherwise float32; `'int8'`, which needs
   * `quantisation` or `calibrationImages`, where it has instructions for 8-bit products, otherwise float32; `'auto'`: the
   * one that takes least time, which is measured when the engine opens, int8 only with one of these, and only if it
   * keeps the likeliest class of at least 99.5 % of held-out images.
   *
   * @defaultValue 'auto'
   */
  readonly precision?: PrecisionChoice | undefined;
  /** What {@link quantiseNetwork} found of this network; for `'int8'` and `'auto'`. */
  readonly quantisation?: Quantisation | undefined;
  /**
   * Images `[H, W, C]`, normalised as for training, to quantise the network on as it opens; for `'int8'` and `'auto'`,
   * which holds every fourth out. A few hundred of the kind that the network will see are enough.
   */
  readonly calibrationImages?: readonly Float32Array[] | undefined;
  /** Images that run side by side, each on a thread of its own, over the same weights. @defaultValue 1 */
  readonly workers?: number | undefined;
  /** Threads that share the work of one image. @defaultValue 1 */
  readonly threads?: number | undefined;
  /** Side of the square image, in pixels. @defaultValue that of the architecture */
  readonly imageSizePx?: number | undefined;
  /** Where `installEngine` puts builds. @defaultValue `nativeCacheDirectory()` of `@dmnn/native` */
  readonly cacheDirectory?: string | undefined;
}

/** Most workers, and most threads of one. */
const MOST_THREADS = 1024;

/**
 * Compiles a network for this machine: convolutions by oneDNN, without a tensor library, and nothing for a closed
 * sub-block.
 *
 * @param network - its weights are copied
 * @throws DmnnError `DMNN_ENGINE` if the engine is not installed, cannot be loaded or has too little memory, or an option
 *   is not valid; ArchitectureError, WeightsError if the network is not
 */
export async function openEngine(network: NetworkData, options: EngineOptions = {}): Promise<Engine> {
  const settings = checkedOptions(options);
  return openOn(locatedCore(options.cacheDirectory), network, settings);
}

/**
 * {@link openEngine} on a core.
 *
 * @param core - checked options only
 */
export async function openOn(
  core: NativeCore,
  { architecture, weights }: NetworkData,
  settings: CheckedOptions,
): Promise<Engine> {
  const { precision, workers, threads, imageSizePx } = settings;
  const network = { architecture: validateArchitecture(architecture), weights };
  const description = networkDescription(
    network.architecture,
    imageSizePx ?? network.architecture.imageSizePx,
  );
  const quantisation = settings.quantisation && checkedQuantisation(settings.quantisation);
  if (quantisation) assertQuantisationFits(quantisation, network);
  const calibrationImages =
    settings.calibrationImages && checkedImages(settings.calibrationImages, description);
  const opened = new OpenedPrecisions(core, network, { workers, threads, imageSizePx });
  return closeAfter(
    async () => {
      const chosen = await chosenPrecision(core, opened, description, {
        precision,
        quantisation,
        calibrationImages,
      });
      return new CompiledEngine(core, opened.taken(chosen.precision), description, chosen);
    },
    () => {
      opened.close();
    },
  );
}

/** @throws DmnnError `DMNN_ENGINE` */
export function checkedOptions(options: EngineOptions): CheckedOptions {
  const keys = [
    'precision',
    'quantisation',
    'calibrationImages',
    'workers',
    'threads',
    'imageSizePx',
    'cacheDirectory',
  ];
  const unknown = Object.keys(options).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw engineError(`options: expected ${keys.join(', ')}, got '${unknown}'`, 'Leave it out.');
  }
  const { precision = 'auto', workers = 1, threads = 1, imageSizePx } = options;
  assertPrecision(precision);
  const { quantisation, calibrationImages } = options;
  assertCalibration(precision, { quantisation, calibrationImages });
  for (const [key, value] of Object.entries({ workers, threads })) {
    if (Number.isSafeInteger(value) && value >= 1 && value <= MOST_THREADS) continue;
    throw engineError(
      `${key}: expected a whole number from 1 to ${MOST_THREADS}, got ${String(value)}`,
      'One for each processor gives the most images a second.',
    );
  }
  return { precision, quantisation, calibrationImages, workers, threads, imageSizePx };
}

/** @throws DmnnError `DMNN_ENGINE` */
function assertCalibration(
  precision: PrecisionChoice,
  given: Pick<EngineOptions, 'quantisation' | 'calibrationImages'>,
): void {
  const names = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (names.length === 2) {
    throw engineError(
      `${names.join(', ')}: expected one of them, got both`,
      'A quantisation needs no images.',
    );
  }
  if (names.length === 1 && (precision === 'f32' || precision === 'bf16')) {
    throw engineError(
      `${names.join()}: expected with precision int8 or auto, got it with ${precision}`,
      'Leave it out.',
    );
  }
  if (names.length === 0 && precision === 'int8') {
    throw engineError(
      'precision: expected quantisation or calibrationImages with int8, got neither',
      'Pass what quantiseNetwork gives (dmnn quantize RUN --data … writes it), or a few hundred images.',
    );
  }
}

/** Options that hold. */
interface CheckedOptions {
  readonly precision: PrecisionChoice;
  readonly quantisation: Quantisation | undefined;
  readonly calibrationImages: readonly Float32Array[] | undefined;
  readonly workers: number;
  readonly threads: number;
  readonly imageSizePx: number | undefined;
}
