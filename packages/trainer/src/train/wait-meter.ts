/** Measures which share of its time a trainer waits for data. */
export class WaitMeter {
  readonly #clock: () => number;
  #since: number;
  #waitingMs = 0;
  #workingMs = 0;

  /** Starts waiting. @param clock - milliseconds from any moment on */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#since = clock();
  }

  /** Data has come. */
  waited(): void {
    this.#waitingMs += this.#passed();
  }

  /** What there was to do with it is done. */
  worked(): void {
    this.#workingMs += this.#passed();
  }

  /** Of the time so far, the work that is under way included; 0 before any. */
  get share(): number {
    const working = this.#workingMs + (this.#clock() - this.#since);
    return this.#waitingMs === 0 ? 0 : this.#waitingMs / (this.#waitingMs + working);
  }

  #passed(): number {
    const now = this.#clock();
    const passed = now - this.#since;
    this.#since = now;
    return passed;
  }
}
