import { basename, join } from 'node:path';
import { closeIfFails } from '@dmnn/foundation';
import type { FileSystem } from '@dmnn/foundation/node';
import { CheckpointError } from './checkpoint-error.js';
import {
  type CheckpointFiles,
  isUnfinished,
  newerVersionOf,
  readCheckpoint,
  stageCheckpoint,
  unfinishedPath,
} from './checkpoint-folder.js';

/** A checkpoint that was read and found intact. */
export interface StoredCheckpoint {
  /** Its folder. */
  readonly path: string;
  /** Optimiser steps before it. */
  readonly step: number;
  readonly files: CheckpointFiles;
}

/**
 * Checkpoints of one kind in a run folder, `checkpoints/step-00000123` or `best/step-00000123`. Where one replaces another of
 * the same step, that one is `step-00000123.replaced-1` for a moment, and is found under that name.
 */
export class CheckpointStore {
  readonly #folder: string;
  readonly #disk: FileSystem;

  constructor(folder: string, disk: FileSystem) {
    this.#folder = folder;
    this.#disk = disk;
  }

  /**
   * Writes a checkpoint whole or not at all, so that at no moment an intact one of its step is not there; only then removes
   * all but the latest `keep` up to its step, and any after its step, which a run that fell back has left behind. What a
   * newer version wrote stays.
   *
   * @throws CheckpointError if a newer version wrote the one of this step
   */
  async save(step: number, files: CheckpointFiles, keep: number): Promise<string> {
    const path = this.#path(step);
    const newer = await newerVersionOf(path, this.#disk);
    if (newer) throw newer;
    await this.#disk.makeFolder(this.#folder);
    const staged = await stageCheckpoint(path, files, this.#disk);
    await closeIfFails(
      () => this.#put(staged, path),
      () => this.#disk.remove(staged),
    );
    await this.#clean(step, keep);
    return path;
  }

  /** Steps of all checkpoints intact or not, in ascending order. */
  async steps(): Promise<number[]> {
    const steps = (await this.#disk.list(this.#folder)).flatMap((name) => stepOf(name) ?? []);
    return [...new Set(steps)].sort((a, b) => a - b);
  }

  /**
   * Reads one checkpoint.
   *
   * @throws CheckpointError if it is not intact
   */
  async read(step: number): Promise<StoredCheckpoint> {
    const names = (await this.#disk.list(this.#folder)).filter((name) => stepOf(name) === step);
    let first: unknown;
    for (const name of new Set([this.#name(step), ...names])) {
      const path = join(this.#folder, name);
      try {
        return { path, step, files: await readCheckpoint(path, this.#disk) };
      } catch (error) {
        if (!(error instanceof CheckpointError) || error.isNewer) throw error;
        // of one that was being replaced there is only the other name
        if (first === undefined || !names.includes(this.#name(step))) first = error;
      }
    }
    throw first;
  }

  /** Whether there is one of a step, and intact. */
  async hasIntact(step: number): Promise<boolean> {
    try {
      await this.read(step);
      return true;
    } catch (error) {
      if (error instanceof CheckpointError && !error.isNewer) return false;
      throw error;
    }
  }

  /**
   * The latest intact checkpoint.
   *
   * @param damaged - called with the error of each later checkpoint that is not intact
   * @param assertSound - looks into an intact one; a CheckpointError that it throws has it passed over like a damaged one
   * @returns undefined if there is none at all
   * @throws CheckpointError of the latest if there are some and none is intact, or if a newer version wrote it
   */
  async latest(
    damaged: (error: CheckpointError) => void = () => undefined,
    assertSound: (checkpoint: StoredCheckpoint) => void = () => undefined,
  ): Promise<StoredCheckpoint | undefined> {
    let first: CheckpointError | undefined;
    for (const step of (await this.steps()).reverse()) {
      try {
        const checkpoint = await this.read(step);
        assertSound(checkpoint);
        return checkpoint;
      } catch (error) {
        if (!(error instanceof CheckpointError) || error.isNewer) throw error;
        first ??= error;
        damaged(error);
      }
    }
    if (first) throw first;
    return undefined;
  }

  /** Renames to a path that may be in use: a folder cannot replace one that is not empty, so that one makes way first. */
  async #put(staged: string, path: string): Promise<void> {
    const disk = this.#disk;
    const names = await disk.list(this.#folder);
    const inUse = names.some((name) => join(this.#folder, name) === path);
    const aside = inUse ? freeAside(path, names) : undefined;
    if (aside !== undefined) await disk.rename(path, aside);
    try {
      await disk.rename(staged, path);
    } catch (error) {
      // if that fails too, the old one is found where it is
      if (aside !== undefined) await disk.rename(aside, path).catch(() => undefined);
      throw error;
    }
    await disk.sync(this.#folder);
  }

  /**
   * Removes what a process that was killed has left: what it was writing or removing, and what it had replaced where the
   * replacement is intact. Only for the holder of the run's lock: another could be writing.
   */
  async removeLeftovers(): Promise<void> {
    for (const name of await this.#disk.list(this.#folder)) {
      const step = stepOf(name);
      if (isOfKilled(name)) await this.#disk.remove(join(this.#folder, name));
      else if (step !== undefined && name !== this.#name(step) && (await this.#isIntact(this.#path(step))))
        await this.#discard(join(this.#folder, name));
    }
  }

  /** Removes what is not kept, and what a process that was killed has left. */
  async #clean(step: number, keep: number): Promise<void> {
    const names = await this.#disk.list(this.#folder);
    const kept = (await this.steps()).filter((other) => other <= step).slice(-keep);
    for (const name of names) {
      const path = join(this.#folder, name);
      const other = stepOf(name);
      if (isOfKilled(name)) await this.#disk.remove(path);
      if (other === undefined || (kept.includes(other) && (other !== step || path === this.#path(step))))
        continue;
      await this.#discard(path);
    }
  }

  /** Removes a checkpoint, if no newer version wrote it. */
  async #discard(path: string): Promise<void> {
    if (await newerVersionOf(path, this.#disk)) return;
    // half of a checkpoint would be taken for a damaged one
    const removed = unfinishedPath(path);
    await this.#disk.rename(path, removed);
    await this.#disk.remove(removed);
  }

  async #isIntact(path: string): Promise<boolean> {
    try {
      await readCheckpoint(path, this.#disk);
      return true;
    } catch (error) {
      if (error instanceof CheckpointError) return false;
      throw error;
    }
  }

  #path(step: number): string {
    return join(this.#folder, this.#name(step));
  }

  #name(step: number): string {
    return `step-${String(step).padStart(8, '0')}`;
  }
}

/** The step of a checkpoint by the name of its folder; undefined for other names. */
function stepOf(name: string): number | undefined {
  const digits = /^step-(\d+)(?:\.replaced-\d+)?$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Whether a process that was killed has left it. The lock of the run keeps others out. */
function isOfKilled(name: string): boolean {
  const of = /^\.(step-\d+(?:\.replaced-\d+)?)\./.exec(name)?.[1];
  return of !== undefined && isUnfinished(name, of);
}

/** Never one in use: a kill may have left the only intact checkpoint there. */
function freeAside(path: string, names: readonly string[]): string {
  for (let number = 1; ; number++) {
    const aside = `${path}.replaced-${number}`;
    if (!names.includes(basename(aside))) return aside;
  }
}

/** The checkpoints of a run folder, without taking its lock: for reading. */
export function runStores(
  path: string,
  disk: FileSystem,
): { checkpoints: CheckpointStore; best: CheckpointStore; start: CheckpointStore } {
  return {
    checkpoints: new CheckpointStore(join(path, 'checkpoints'), disk),
    best: new CheckpointStore(join(path, 'best'), disk),
    start: new CheckpointStore(join(path, 'start'), disk),
  };
}
