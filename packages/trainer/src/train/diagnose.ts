import { closeAfterSync } from '@dmnn/foundation';
import type { DmnnError } from '@dmnn/foundation';
import { type Architecture, blockOutChannels, placedBlocks } from '@dmnn/architecture';
import type { GatePolicy } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { trainingError } from '../training-error.js';
import type { BatchPart } from './batch-parts.js';
import type { Learner } from './learner.js';
import { placeOf } from '../place-of.js';

/** What is known of a step that failed. */
export interface FailedStep {
  readonly policy: GatePolicy;
  readonly place: { readonly step: number; readonly epoch: number };
  readonly term: string;
  /** Variables whose gradients are not finite, in the network's order. */
  readonly gradientNames: readonly string[];
}

/**
 * Finds out where a number stopped being finite, in the order of cause and effect: images, variables, the first block
 * whose output is not finite, the last block whose gradient is not. Slow, but asked once.
 */
export function diagnose(learner: Learner, parts: readonly BatchPart[], failed: FailedStep): DmnnError {
  const { place, term } = failed;
  const block =
    placeOfImages(parts) ??
    placeOfVariables(learner) ??
    placeOfForwardPass(learner, parts, failed.policy) ??
    placeOfGradients(failed.gradientNames);
  return trainingError({ ...place, term, ...(block !== undefined && { block }) });
}

function placeOfImages(parts: readonly BatchPart[]): string | undefined {
  return parts.some(({ images }) => !isFinite(images)) ? 'images' : undefined;
}

function placeOfVariables(learner: Learner): string | undefined {
  for (const [name, variable] of learner.trainable) if (!isFinite(variable)) return placeOf(name);
  return undefined;
}

function placeOfForwardPass(
  learner: Learner,
  parts: readonly BatchPart[],
  policy: GatePolicy,
): string | undefined {
  const { architecture } = learner.network;
  for (let blocks = 0; blocks <= placedBlocks(architecture).length; blocks++) {
    const finite = parts.every((part) => isFiniteAfter(learner, blocks, part, policy));
    if (!finite) return blocks === 0 ? 'stem' : (placedBlocks(architecture)[blocks - 1]?.path ?? 'head');
  }
  return undefined;
}

/** Whether what leaves the first blocks is finite: a network of only those, with a head that is. */
function isFiniteAfter(learner: Learner, blocks: number, part: BatchPart, policy: GatePolicy): boolean {
  const shortened = createNetwork(shortenedTo(learner.network.architecture, blocks), { seed: 0 });
  return closeAfterSync(
    () => {
      for (const [name, variable] of shortened.variables) {
        const trained = learner.network.variables.get(name);
        if (trained && !name.startsWith('head.')) variable.assign(trained);
      }
      return tf.tidy(() =>
        isFinite(
          shortened.forward(part.images, {
            policy,
            statistics: learner.statistics,
            execution: 'masked',
            sampleKeys: part.sampleKeys,
          }).logits,
        ),
      );
    },
    () => {
      shortened.dispose();
    },
  );
}

function shortenedTo(architecture: Architecture, blocks: number): Architecture {
  const { name, imageSizePx, inChannels, stem } = architecture;
  let left = blocks;
  const stages = architecture.stages
    .map(({ blocks: all }) => {
      const kept = all.slice(0, left);
      left -= kept.length;
      return { blocks: kept };
    })
    .filter((stage) => stage.blocks.length > 0);
  const last = stages.at(-1)?.blocks.at(-1);
  const stemChannels = stem.units.at(-1)?.outChannels ?? inChannels;
  return {
    name,
    imageSizePx,
    inChannels,
    stem,
    stages,
    head: { units: [], inFeatures: last ? blockOutChannels(last) : stemChannels, classes: 1 },
  };
}

/** Gradients flow from the head to the stem, so the last place is where it began. */
function placeOfGradients(names: readonly string[]): string | undefined {
  const places = names
    .filter((name) => !name.startsWith('controllers.') && !name.startsWith('category'))
    .map(placeOf);
  return places.at(-1);
}

function isFinite(tensor: tf.Tensor): boolean {
  return tensor.dataSync().every((value) => Number.isFinite(value));
}
