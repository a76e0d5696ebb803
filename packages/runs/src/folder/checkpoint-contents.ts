import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { type Weights, readSafetensors } from '@dmnn/weights';
import { z } from 'zod';
import type { ComputeEnvironment } from './compute-environment.js';
import { CheckpointError } from './checkpoint-error.js';
import { stateFile } from './checkpoint-folder.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import { type RunConfig, isOfRun } from './run-config.js';

/** What an epoch has added up so far; its means go into the epoch's line of the log. */
export interface EpochTotals {
  readonly steps: number;
  readonly images: number;
  readonly correct: number;
  /** Sums over steps, by term. */
  readonly sums: { readonly [term: string]: number };
}

/** The evaluation with the lowest error so far. */
export interface BestSoFar {
  /** Optimiser steps before it. */
  readonly step: number;
  /** Epochs before it. */
  readonly epoch: number;
  readonly topOneErrorPercent: number;
}

/** `state.json` of a checkpoint: where the run stands, apart from variables. Randomness has no state. */
export interface RunState {
  /** Optimiser steps done, in all. */
  readonly step: number;
  /** Epochs done, their evaluations included. */
  readonly epoch: number;
  /** Steps done of the epoch after those. */
  readonly stepInEpoch: number;
  readonly totals: EpochTotals;
  readonly best: BestSoFar | null;
  /** Length of `metrics.jsonl` in bytes. */
  readonly logBytes: number;
  /** Of recipe, architecture and data: a checkpoint belongs to one run. */
  readonly fingerprint: string;
  readonly environment: ComputeEnvironment;
}

/** Totals before the first step of an epoch. */
export const noTotals: EpochTotals = { steps: 0, images: 0, correct: 0, sums: {} };

/** State as bytes; numbers come back exactly. */
export function encodeRunState(state: RunState): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(state, null, 2)}\n`);
}

/** State before the first step, apart from whose run it is. */
export const startOfRun: Omit<RunState, 'fingerprint' | 'environment'> = {
  step: 0,
  epoch: 0,
  stepInEpoch: 0,
  totals: noTotals,
  best: null,
  logBytes: 0,
};

/** Names of a checkpoint's files. */
export const weightsFile = 'weights.safetensors';
export const headsFile = 'category-heads.safetensors';
export const widthsFile = 'widths.safetensors';
export const optimiserFile = 'optimizer.safetensors';

/** The network's weights in a checkpoint. */
export function weightsOf(checkpoint: StoredCheckpoint): Weights {
  return tensorsOf(checkpoint, weightsFile);
}

/** The batch norms of a slimmable network's narrow widths in a checkpoint, by names such as `width0.5/stem.unit0.gamma`. */
export function widthsOf(checkpoint: StoredCheckpoint): Weights {
  return tensorsOf(checkpoint, widthsFile);
}

/** Where the run stood at a checkpoint. @throws CheckpointError if the state lacks something */
export function stateOf(checkpoint: StoredCheckpoint): RunState {
  const bytes = checkpointFile(checkpoint, stateFile);
  try {
    const state: unknown = parseJson(bytes);
    runStateSchema().parse(state);
    return state as RunState;
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const at = issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : (error as Error).message;
    throw new CheckpointError(checkpoint.path, [`${stateFile}: ${at}`]);
  }
}

/**
 * Refuses a checkpoint that another run wrote.
 *
 * @returns where the run stood
 * @throws CheckpointError if its fingerprint is not that of the run's settings at its step
 */
export function assertOfRun(checkpoint: StoredCheckpoint, config: RunConfig): RunState {
  const state = stateOf(checkpoint);
  const { path, step } = checkpoint;
  const problems = [
    ...(state.step === step ? [] : [`it was written after step ${state.step}, not ${step}`]),
    ...(isOfRun(config, state.step, state.fingerprint)
      ? []
      : ['it was written by a run of another recipe, model or data']),
  ];
  if (problems.length > 0)
    throw new CheckpointError(path, problems, 'Move it out of the folder, or use the folder of its own run.');
  return state;
}

/** Made on demand: modules do no work at import. Keys that are not known are kept. */
function runStateSchema(): z.ZodType {
  const count = z.int().min(0);
  return z.looseObject({
    step: count,
    epoch: count,
    stepInEpoch: count,
    totals: z.looseObject({
      steps: count,
      images: count,
      correct: count,
      sums: z.record(z.string(), z.number()),
    }),
    best: z.looseObject({ step: count, epoch: count, topOneErrorPercent: z.number() }).nullable(),
    logBytes: count,
    fingerprint: z.string(),
    environment: z.looseObject({ backend: z.string() }),
  });
}

/** The tensors of one file of a checkpoint. @throws SafetensorsError naming the file */
export function tensorsOf(checkpoint: StoredCheckpoint, name: string): Weights {
  return readSafetensors(checkpointFile(checkpoint, name), { file: join(checkpoint.path, name) });
}

export function checkpointFile(checkpoint: StoredCheckpoint, name: string): Uint8Array {
  const bytes = checkpoint.files.get(name);
  if (!bytes) throw new CheckpointError(checkpoint.path, [`${name}: not in the manifest`]);
  return bytes;
}
