import { type CascadeSettings } from '@dmnn/confidence';
import { closeAfter } from '@dmnn/foundation';
import { type Cascade, type OpenedNetworkData, cascadeStages, partNames } from '@dmnn/runs';
import { stageName } from '../text/stage-name.js';
import { type TimingOptions, alternatingMinima } from './alternating-minima.js';
import { arbitraryImages } from './arbitrary-images.js';

/** Something that is open and runs images, one at a time. */
interface ImageRunner {
  /** @param imageOf - gives the image as a network of the cascade takes it */
  run(
    imageOf: (part: number) => Float32Array,
  ): Promise<{ readonly macs: number; readonly stage?: number | undefined }>;
  close(): Promise<void>;
}

/** An engine that runs a cascade, and its networks alone. */
export interface CascadeEngine {
  /** `compiled-f32` */
  readonly name: string;
  /** Opens the cascade with other settings. */
  cascade(settings: CascadeSettings): Promise<ImageRunner>;
  /** Opens one of its networks, whose images all go to its head, past exits that do not run. */
  alone(part: number): Promise<ImageRunner>;
}

/** Cost and time of something on one image. */
interface TimedPlace {
  /** `exit 0 of cifar-resnet20` */
  readonly name: string;
  readonly macs: number;
  readonly milliseconds: number;
}

/** Times of a cascade on one engine. */
export interface CascadeTimes {
  readonly engine: string;
  /** `[stage]`: an image that stops there. */
  readonly stages: readonly TimedPlace[];
  /** `[part]`: each network alone. */
  readonly parts: readonly TimedPlace[];
  /** Images of a data set; absent if none were given. */
  readonly images?: TimedImages | undefined;
}

/** The cascade on images, against its last network alone on the same ones. */
interface TimedImages {
  readonly count: number;
  /** `[stage]`: share of them that stopped there. */
  readonly shares: readonly number[];
  readonly meanMacs: number;
  /** Means over images of the least time of several rounds. */
  readonly milliseconds: number;
  readonly lastMilliseconds: number;
}

/** Options of {@link measureCascade}. */
export interface MeasureCascadeOptions extends TimingOptions {
  readonly engine: CascadeEngine;
  /** `[image][part]`: images as each network takes them. */
  readonly images?: readonly (readonly Float32Array[])[] | undefined;
}

/** So high that no stage is sure of anything: then thresholds of 1 and 0 decide where an image stops. */
const UNSURE = 1e6;

/**
 * Times an image that stops at each stage, and each network alone, in turns; with images, also the cascade as it is.
 *
 * @throws the signal's reason, if it aborts; what the engine throws
 */
export async function measureCascade(
  { parts, settings }: Cascade<OpenedNetworkData>,
  { engine, images, ...timing }: MeasureCascadeOptions,
): Promise<CascadeTimes> {
  const stages = cascadeStages(parts);
  const partsNamed = partNames(parts);
  const pixels = parts.map(({ architecture: { imageSizePx, inChannels } }) =>
    arbitraryImages(inChannels * imageSizePx ** 2),
  );
  const imageOf = (part: number): Float32Array => pixels[part] as Float32Array;
  const open: ImageRunner[] = [];
  return closeAfter(
    async () => {
      const macs: number[] = [];
      for (const at of stages.keys()) {
        const forced = {
          ...settings,
          temperatures: stages.map(() => UNSURE),
          thresholds: settings.thresholds.map((_, stage) => (stage < at ? 1 : 0)),
        };
        const runner = await engine.cascade(forced);
        open.push(runner);
        const found = await runner.run(imageOf);
        if (found.stage !== at)
          throw new Error(`the image stopped at stage ${String(found.stage)}, expected ${at}`);
        macs.push(found.macs);
      }
      for (const part of parts.keys()) {
        const runner = await engine.alone(part);
        open.push(runner);
        macs.push((await runner.run((other) => imageOf(other))).macs);
      }
      const contestants = open.map((runner) => ({
        run: async () => {
          await runner.run(imageOf);
        },
      }));
      const times = await alternatingMinima(contestants, timing);
      const names = [
        ...stages.map(({ part, exit }) => stageName(partsNamed[part] ?? '', exit)),
        ...partsNamed,
      ];
      const places = names.map((name, at) => ({
        ...{ name, macs: macs[at] as number, milliseconds: times[at] as number },
      }));
      const last = open.at(-1) as ImageRunner;
      return {
        engine: engine.name,
        stages: places.slice(0, stages.length),
        parts: places.slice(stages.length),
        images:
          images &&
          (await measureImages(await opened(engine, settings, open), last, images, stages.length, timing)),
      };
    },
    async () => {
      for (const runner of open) await runner.close();
    },
  );
}

async function opened(
  engine: CascadeEngine,
  settings: CascadeSettings,
  open: ImageRunner[],
): Promise<ImageRunner> {
  const runner = await engine.cascade(settings);
  open.push(runner);
  return runner;
}

/** Both run each image in turn, several times; the least time of each is the one that other load has disturbed least. */
async function measureImages(
  cascade: ImageRunner,
  last: ImageRunner,
  images: readonly (readonly Float32Array[])[],
  stages: number,
  { now, signal }: TimingOptions,
): Promise<TimedImages> {
  const counts = Array.from({ length: stages }, () => 0);
  let [macs, milliseconds, lastMilliseconds] = [0, 0, 0];
  for (const image of images) {
    const imageOf = (part: number): Float32Array => image[part] as Float32Array;
    let found: { readonly macs: number; readonly stage?: number | undefined } = { macs: 0 };
    const contestants = [
      {
        run: async () => {
          found = await cascade.run(imageOf);
        },
      },
      {
        run: async () => {
          await last.run(imageOf);
        },
      },
    ];
    const [own, other] = await alternatingMinima(contestants, { seconds: 0, now, signal });
    const stage = found.stage ?? 0;
    counts[stage] = (counts[stage] ?? 0) + 1;
    macs += found.macs;
    milliseconds += own as number;
    lastMilliseconds += other as number;
  }
  const count = images.length;
  return {
    count,
    shares: counts.map((each) => each / count),
    meanMacs: macs / count,
    milliseconds: milliseconds / count,
    lastMilliseconds: lastMilliseconds / count,
  };
}
