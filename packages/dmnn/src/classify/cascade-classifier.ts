import { type CascadeSettings, answerImage, cascadeInference } from '@dmnn/confidence';
import { countUndivided } from '@dmnn/flops';
import { type Cascade, type OpenedNetworkData, cascadeStages, partNames } from '@dmnn/runs';
import type { Classification, FileClassifier, StagedClassifier } from './classifier.js';
import { preparationOf, readImage } from './image-preparation.js';
import { stageName } from '../text/stage-name.js';

/** What runs a cascade on one image, which it asks for as a network of the cascade takes it. */
export interface CascadeRunner {
  run(imageOf: (part: number) => Promise<Float32Array>): Promise<Omit<Classification, 'milliseconds'>>;
  close(): Promise<void>;
}

/** A cascade as what classifies files. @param runner - closed by its `close` */
export function cascadeClassifier(
  { parts }: Cascade<OpenedNetworkData>,
  runner: CascadeRunner,
): FileClassifier {
  const last = parts.at(-1) as OpenedNetworkData;
  const prepared = parts.map((part) => ({
    imageSizePx: part.architecture.imageSizePx,
    preparation: preparationOf(part),
  }));
  return {
    name: partNames(parts).join(', then '),
    classNames: parts.find(({ classNames }) => classNames)?.classNames,
    undividedMacs: countUndivided(last.architecture).macs,
    stageNames: stageNames(parts),
    classifyFile: async (file) => {
      const start = performance.now();
      let readingMs = 0; // is not the networks' time
      const outputs = await runner.run(async (part) => {
        const began = performance.now();
        const image = await readImage(file, prepared[part] as (typeof prepared)[number]);
        readingMs += performance.now() - began;
        return image;
      });
      return { ...outputs, milliseconds: performance.now() - start - readingMs };
    },
    close: () => runner.close(),
  };
}

/** `[stage]`: `cifar-resnet20`, `exit 0 of cifar-resnet56`. */
function stageNames(parts: readonly OpenedNetworkData[]): string[] {
  const names = partNames(parts);
  return cascadeStages(parts).map(({ part, exit }) => stageName(names[part] ?? '', exit));
}

/** Networks of TensorFlow.js as a cascade. */
export function tensorCascade(
  classifiers: readonly StagedClassifier[],
  settings: CascadeSettings,
  subBlocks: readonly (readonly number[])[],
): CascadeRunner {
  return {
    run: async (imageOf) => {
      const answer = await answerImage(
        classifiers.map((classifier, part) => ({
          exits: classifier.exits,
          run: async (exits) => classifier.classify(await imageOf(part), exits),
        })),
        settings,
      );
      return cascadeInference(answer, ({ stageMacs, macs }) => stageMacs ?? [macs], subBlocks);
    },
    close: async () => {
      for (const classifier of classifiers) await classifier.close();
    },
  };
}
