import { join } from 'node:path';
import type { FileSystem } from '@dmnn/foundation/node';
import { type CheckpointFiles, readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { CheckpointError } from './checkpoint-error.js';

/** A checkpoint that was read and found intact. */
export interface StoredCheckpoint {
  /** Its folder. */
  readonly path: string;
  /** Optimiser steps before it. */
  readonly step: number;
  readonly files: CheckpointFiles;
}

/** Checkpoints of one kind in a run folder, `checkpoints/step-00000123` or `best/step-00000123`. */
export class CheckpointStore {
  readonly #folder: string;
  readonly #disk: FileSystem;

  constructor(folder: string, disk: FileSystem) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /**
   * Writes a checkpoint whole or not at all; only then removes all but the latest `keep` up to its step, and any
   * after its step, which a run that fell back has left behind.
   */
  async save(step: number, files: CheckpointFiles, keep: number): Promise<string> {
    const path = this.#path(step);
    await writeCheckpoint(path, files, this.#disk);
    const steps = await this.steps();
    const kept = steps.filter((other) => other <= step).slice(-keep);
    for (const other of steps) if (!kept.includes(other)) await this.#disk.remove(this.#path(other));
    return path;
  }

  /** Steps of all checkpoints intact or not, in ascending order. */
  async steps(): Promise<number[]> {
    const names = await this.#disk.list(this.#folder);
    return names
      .map((name) => /^step-(\d+)$/.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  /**
   * Reads one checkpoint.
   *
   * @throws CheckpointError if it is not intact
   */
  async read(step: number): Promise<StoredCheckpoint> {
    const path = this.#path(step);
    return { path, step, files: await readCheckpoint(path, this.#disk) };
  }

  /**
   * The latest intact checkpoint.
   *
   * @param damaged - called with the error of each later checkpoint that is not intact
   * @returns undefined if there is none at all
   * @throws CheckpointError of the latest if there are some and none is intact
   */
  async latest(
    damaged: (error: CheckpointError) => void = () => undefined,
  ): Promise<StoredCheckpoint | undefined> {
    let first: CheckpointError | undefined;
    for (const step of (await this.steps()).reverse()) {
      try {
        return await this.read(step);
      } catch (error) {
        if (!(error instanceof CheckpointError)) throw error;
        first ??= error;
        damaged(error);
      }
    }
    if (first) throw first;
    return undefined;
  }

  #path(step: number): string {
    return join(this.#folder, `step-${String(step).padStart(8, '0')}`);
  }
}
