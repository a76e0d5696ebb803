import { closeAfter } from '@dmnn/foundation';

/** Lets so many tasks run at the same time; others wait, first in, first out. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /** Runs a task when its turn has come. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return closeAfter(task, () => {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    });
  }
}
