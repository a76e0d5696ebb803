import { closeAfter } from '@dmnn/foundation';
import type { EngineOutputs, ImageRunner } from './engine.js';
import { sessionError } from './session-error.js';

/** Takes a runner, or why there is none. */
interface Waiting {
  readonly resolve: (runner: ImageRunner) => void;
  readonly reject: (error: Error) => void;
}

/** Passes images to the next free runner, first in, first out. One that is lost is replaced, and costs only its own image. */
export class ImageQueue {
  readonly #runners: Set<ImageRunner>;
  readonly #free: ImageRunner[];
  readonly #open: (() => Promise<ImageRunner>) | undefined;
  readonly #waiting: Waiting[] = [];
  readonly #inFlight = new Set<(error: Error) => void>();
  /** Replacements that are being opened. */
  #opening = 0;
  #closing: Promise<void> | undefined;

  /**
   * @param runners - at least one
   * @param open - opens another in place of a lost one; absent if they cannot be lost
   */
  constructor(runners: readonly ImageRunner[], open?: () => Promise<ImageRunner>) {
    this.#runners = new Set(runners);
    this.#free = [...runners];
    this.#open = open;
  }

  /** @throws DmnnError `DMNN_SESSION` if the runner fails or is lost, or the session is closed before the image is done */
  async run(image: Float32Array): Promise<EngineOutputs> {
    const runner = await this.#take();
    if (this.#closing) throw closedError();
    let fail: (error: Error) => void = () => undefined;
    return closeAfter(
      async () => {
        return await new Promise((resolve, reject) => {
          fail = reject;
          this.#inFlight.add(fail);
          runner.run(image).then(resolve, reject);
        });
      },
      () => {
        this.#inFlight.delete(fail);
        this.#giveBack(runner);
      },
    );
  }

  /** Rejects images that run or wait, and frees the runners. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    for (const { reject } of this.#waiting.splice(0)) reject(closedError());
    for (const reject of this.#inFlight) reject(closedError());
    await Promise.all([...this.#runners].map((runner) => runner.release()));
  }

  #take(): Promise<ImageRunner> {
    if (this.#closing) return Promise.reject(closedError());
    for (let runner = this.#free.pop(); runner; runner = this.#free.pop()) {
      if (!runner.isLost()) return Promise.resolve(runner);
      this.#replace(runner); // it ended while it waited for an image
    }
    if (this.#runners.size === 0 && this.#opening === 0) void this.#openAnother();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #giveBack(runner: ImageRunner): void {
    if (this.#closing) return;
    if (runner.isLost()) {
      this.#replace(runner);
      return;
    }
    const next = this.#waiting.shift();
    if (next) next.resolve(runner);
    else this.#free.push(runner);
  }

  #replace(lost: ImageRunner): void {
    this.#runners.delete(lost);
    void this.#openAnother();
  }

  /** Opens a runner; without one, the others go on, and if there is none, nobody waits for it. */
  async #openAnother(): Promise<void> {
    this.#opening += 1;
    let failure: unknown = 'it cannot be replaced';
    try {
      const runner = await this.#open?.();
      if (runner && this.#closing) await runner.release();
      else if (runner) {
        this.#runners.add(runner);
        this.#giveBack(runner);
      }
    } catch (error) {
      failure = error;
    } finally {
      this.#opening -= 1;
    }
    if (this.#runners.size > 0 || this.#opening > 0) return;
    const why = failure instanceof Error ? failure.message : String(failure);
    for (const { reject } of this.#waiting.splice(0))
      reject(
        sessionError(
          `session: expected a running worker, got none: the last one ended, and another did not start: ${why}`,
          'Create another session, with fewer workers if memory is short.',
          { cause: failure },
        ),
      );
  }
}

function closedError(): Error {
  return sessionError('session: expected an open session, got a closed one', 'Create another session.');
}
