import {
  type CascadeSettings,
  type ConfidentPolicy,
  type Logits,
  type StageAnswer,
  confident,
  logitsOfRows,
  nextAnswer,
} from '@dmnn/confidence';

/** What a cascade answers for an image so far. */
export interface WalkedImage {
  readonly stage: number;
  readonly predicted: number;
  readonly confidence: number;
  /** Of the stage, or the mean of all stages so far. */
  readonly probabilities: Float64Array;
}

/** Images on their way through the stages of a cascade. Images that a stage has stopped are answered for good. */
export class CascadeWalk {
  readonly #settings: CascadeSettings;
  /** `[stage]`; none for the last, at which all stop. */
  readonly #policies: readonly ConfidentPolicy[];
  readonly #images = new Map<number, WalkedImage>();
  readonly #stopped = new Set<number>();

  /** @throws RangeError if a setting is out of range */
  constructor(settings: CascadeSettings) {
    this.#settings = settings;
    this.#policies = settings.thresholds.map((threshold) => confident({ threshold, by: settings.by }));
  }

  /** All images that have an answer, by their index in the data set. */
  get images(): ReadonlyMap<number, WalkedImage> {
    return this.#images;
  }

  /** Whether a stage has stopped an image. */
  hasStopped(index: number): boolean {
    return this.#stopped.has(index);
  }

  /** Forgets an image: a later network cannot read it. */
  leaveOut(index: number): void {
    this.#images.delete(index);
    this.#stopped.add(index);
  }

  /**
   * Answers for images after a stage, except for those that have stopped.
   *
   * @param stage - its index; all images that have not stopped went through the stages before it
   * @param indices - `[row]`: indices of the images
   * @returns `[row]`: whether the image stops here, or has stopped before
   */
  answer(stage: number, indices: readonly number[], logits: Logits): boolean[] {
    const { by, combine, temperatures } = this.#settings;
    const { classes } = logits;
    const rows = Array.from(indices.keys()).filter((row) => !this.hasStopped(indices[row] as number));
    if (rows.length === 0) return indices.map(() => true);
    const going = rows.map((row) => indices[row] as number);
    const previous = stage === 0 ? undefined : this.#previous(going, stage, classes);
    const temperature = temperatures[stage] as number;
    const answer = nextAnswer(previous, logitsOfRows(logits, rows), temperature, { by, combine });
    const policy = this.#policies[stage];
    for (const [at, index] of going.entries()) {
      const confidence = answer.confidence[at] as number;
      this.#images.set(index, {
        stage,
        predicted: answer.predicted[at] as number,
        confidence,
        probabilities: answer.probabilities.slice(at * classes, (at + 1) * classes),
      });
      if (policy?.stops(confidence) !== false) this.#stopped.add(index);
    }
    return indices.map((index) => this.hasStopped(index));
  }

  #previous(indices: readonly number[], stages: number, classes: number): StageAnswer {
    const probabilities = new Float64Array(indices.length * classes);
    for (const [row, index] of indices.entries())
      probabilities.set((this.#images.get(index) as WalkedImage).probabilities, row * classes);
    const confidence = new Float64Array(indices.length);
    return { probabilities, stages, predicted: new Int32Array(indices.length), confidence };
  }
}
