import { closeIfFails, errorInFile } from '@dmnn/foundation';
import { engineError } from '../errors/engine-error.js';
import type { Quantisation } from '../quantisation/quantisation.js';
import type { Engine } from '../session/engine.js';
import { type EngineOptions, openEngine } from '../session/open-engine.js';
import { type EngineCascadeData, assertCascade } from './cascade-parts.js';
import { CompiledCascade, type EngineCascade } from './engine-cascade.js';

/** Options of {@link openEngineCascade}; `workers` images run side by side in the cascade as a whole. */
export interface EngineCascadeOptions extends Pick<
  EngineOptions,
  'precision' | 'workers' | 'threads' | 'cacheDirectory'
> {
  /** `[part]`: what `quantiseNetwork` found of each network; for `'int8'`, and for `'auto'` where there is one. */
  readonly quantisations?: readonly (Quantisation | undefined)[] | undefined;
}

/**
 * Compiles the networks of a cascade for this machine. A later network runs only for the images of which the stages before
 * are not sure enough.
 *
 * @param cascade - as `cascade` and `openCascade` of `@dmnn/runs` give it; each network has its own precision if `'auto'` is
 *   asked for
 * @throws DmnnError `DMNN_ENGINE` if networks do not fit each other or their settings, and what `openEngine` throws
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { locateEngine, openEngineCascade } from '@dmnn/engine';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const parts = ['cifar-resnet8', 'cifar-resnet14'].map((name, seed) => {
 *   const architecture = createArchitecture(name, { classes: 10 });
 *   return { architecture, weights: initialWeights(architecture, { seed }) };
 * });
 * const settings = { by: 'probability', combine: 'mean', temperatures: [1, 1], thresholds: [0.9] } as const;
 * if (locateEngine().path !== undefined) {
 *   const cascade = await openEngineCascade({ parts, settings });
 *   const { stage, stages } = await cascade.run(new Float32Array(32 * 32 * 3));
 *   console.log(stage + 1 === stages.length, stages.every(({ confidence }) => confidence >= 0.1)); // => true true
 *   await cascade.close();
 * }
 * ```
 */
export async function openEngineCascade(
  cascade: EngineCascadeData,
  options: EngineCascadeOptions = {},
): Promise<EngineCascade> {
  assertCascade(cascade);
  const { parts, settings } = cascade;
  const { quantisations, ...common } = options;
  if (quantisations && quantisations.length !== parts.length) {
    throw engineError(
      `quantisations: expected ${parts.length}, one for each network, got ${quantisations.length}`,
      'Leave out those of networks that have none: [undefined, quantisation].',
    );
  }
  const engines: Engine[] = [];
  return closeIfFails(
    async () => {
      for (const [at, part] of parts.entries()) {
        try {
          engines.push(await openEngine(part, { ...common, quantisation: quantisations?.[at] }));
        } catch (error) {
          throw errorInFile(error, `parts[${at}], ${part.architecture.name}`);
        }
      }
      return new CompiledCascade(engines, parts, settings, options.workers ?? 1);
    },
    async () => {
      for (const engine of engines) await engine.close();
    },
  );
}
