import { uniformAt } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineNetwork } from '../evaluate/engine-network.js';
import { type BackendFacts, computeEnvironment } from '../run/compute-environment.js';
import { type BatchPattern, timedPolicy } from './gate-patterns.js';
import type { LatencyEnvironment, LatencyOrigin } from './latency-table.js';

/** A network whose patterns can be timed. */
export interface TimedNetwork {
  readonly origin: LatencyOrigin;
  readonly environment: LatencyEnvironment;
  /** Images of a pass. */
  readonly images: number;
  /** Patterns that run untimed first. */
  readonly warmUps: number;
  /** Runs a pattern, and reads what an evaluation reads. */
  run(index: number): Promise<void>;
  close(): void;
}

/** Settings of the passes that are timed. */
interface TimedOptions {
  readonly imageSizePx: number;
  readonly batchSize?: number | undefined;
  readonly seed?: number | undefined;
  readonly backend?: BackendFacts | undefined;
}

/** A network on TensorFlow.js, with its patterns as policies. */
export function timedTensors(
  network: Network,
  patterns: readonly BatchPattern[],
  { imageSizePx, batchSize = 1, seed = 0, backend }: TimedOptions,
): TimedNetwork {
  const { inChannels } = network.architecture;
  const shape: [number, number, number, number] = [batchSize, imageSizePx, imageSizePx, inChannels];
  const images = tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed);
  const policies = patterns.map(timedPolicy);
  return {
    origin: { engine: 'tfjs', precision: 'f32' },
    environment: computeEnvironment(backend),
    images: batchSize,
    warmUps: Math.min(patterns.length, 5),
    run: async (index) => {
      const policy = policies[index] as (typeof policies)[number];
      const packed = tf.tidy(() => {
        const { logits, gates } = network.forward(images, {
          policy,
          statistics: 'moving',
          execution: 'skipping',
        });
        return tf.concat([logits, ...gates], 1); // what an evaluation reads
      });
      await packed.data();
      packed.dispose();
    },
    close: () => {
      images.dispose();
    },
  };
}

/**
 * A network in an engine, which is given its patterns.
 *
 * @throws RangeError if more than one image is to run together, or the engine runs another pattern
 */
export function timedEngine(
  network: EngineNetwork,
  patterns: readonly BatchPattern[],
  { imageSizePx, batchSize = 1, seed = 0 }: TimedOptions,
): TimedNetwork {
  if (batchSize !== 1)
    throw new RangeError(`batchSize: expected 1 with an engine, which runs image by image, got ${batchSize}`);
  const { architecture, engine } = network;
  const numbers = imageSizePx ** 2 * architecture.inChannels;
  const image = Float32Array.from({ length: numbers }, (_, i) => 2 * uniformAt(seed, i) - 1);
  return {
    origin: { engine: engine.name, precision: engine.precision },
    environment: {
      backend: engine.name,
      backendVersion: engine.version ?? null,
      threads: engine.threads ?? null,
      tfjs: null,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    images: 1,
    warmUps: patterns.length, // an engine prepares what a pattern needs when the pattern first occurs
    run: async (index) => {
      const pattern = patterns[index]?.open[0] ?? [];
      const { gates } = await network.run(image, { pattern });
      if (gates.flat().join() === pattern.flat().join()) return;
      throw new RangeError(
        `network: expected an engine that runs the pattern it is given, got ${engine.name}, which ran another`,
      );
    },
    close: () => undefined,
  };
}
