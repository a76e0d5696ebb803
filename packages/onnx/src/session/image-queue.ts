import type { EngineOutputs, ImageRunner } from './engine.js';
import { sessionError } from './session-error.js';

/** Passes images to the next free runner, first in, first out. */
export class ImageQueue {
  readonly #runners: readonly ImageRunner[];
  readonly #free: ImageRunner[];
  readonly #waiting: ((runner: ImageRunner | undefined) => void)[] = [];
  #closed = false;

  constructor(runners: readonly ImageRunner[]) {
    this.#runners = runners;
    this.#free = [...runners];
  }

  /** @throws DmnnError `DMNN_SESSION` if the session is closed before the image is run */
  async run(image: Float32Array): Promise<EngineOutputs> {
    const runner = await this.#take();
    if (!runner)
      throw sessionError('session: expected an open session, got a closed one', 'Create another session.');
    try {
      return await runner.run(image);
    } finally {
      this.#giveBack(runner);
    }
  }

  /** Waits for running images, rejects waiting ones and frees the runners. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    await Promise.all(this.#runners.map((runner) => runner.release()));
  }

  #take(): Promise<ImageRunner | undefined> {
    const runner = this.#closed ? undefined : this.#free.pop();
    if (runner || this.#closed) return Promise.resolve(runner);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #giveBack(runner: ImageRunner): void {
    const next = this.#waiting.shift();
    if (next) next(runner);
    else this.#free.push(runner);
  }
}
