import type { Evaluation, TrainEvent } from '@dmnn/trainer';
import type { CommandIo } from './command-io.js';
import { countText, durationText, percentText } from '../../text/count-text.js';
import { optimumText } from '../../text/optimum-text.js';

/** Milliseconds between two updates of the terminal's line: frequent enough to look live, rare enough to cost nothing. */
const REDRAW_MS = 100;
/** Milliseconds between two lines in a log. */
const LINE_MS = 10_000;

/** Shows the progress of a training run: one updated line in a terminal, occasional lines in a log. */
export class TrainProgress {
  readonly #io: CommandIo;
  readonly #label: string;
  #lastShown = -Infinity;

  /** @param label - starts every line; empty for none */
  constructor(io: CommandIo, label = '') {
    this.#io = io;
    this.#label = label === '' ? '' : `${label}: `;
  }

  /** Takes what `train` reports. */
  show(event: TrainEvent): void {
    switch (event.kind) {
      case 'start':
        if (event.resumedFrom !== undefined) {
          this.#line(`resumed at step ${event.step} of ${event.steps} from ${event.resumedFrom}`);
        }
        if (event.optimum) this.#line(`target: ${optimumText(event.optimum)}`);
        return;
      case 'step':
        this.#now(stepText(event));
        return;
      case 'pruning':
        this.#line(pruningText(event));
        return;
      case 'begun':
        this.#line(begunText(event));
        return;
      case 'evaluating':
        this.#now(`epoch ${event.epoch + 1}  evaluating ${event.images} of ${event.of} images`);
        return;
      case 'epoch':
        if (event.evaluation) this.#line(epochText(event, event.evaluation));
        return;
      case 'warning':
        this.#line(event.message);
        return;
      case 'checkpoint':
        return;
      default:
        event satisfies never;
    }
  }

  /** Clears the progress line. */
  end(): void {
    this.#io.redraw('');
  }

  #now(text: string): void {
    const now = this.#io.now();
    if (now - this.#lastShown < (this.#io.isTerminal ? REDRAW_MS : LINE_MS)) return;
    this.#lastShown = now;
    if (this.#io.isTerminal) this.#io.redraw(`${this.#label}${text}`.slice(0, this.#io.columns - 1));
    else this.#io.err(`${this.#label}${text}`);
  }

  #line(text: string): void {
    this.#io.redraw('');
    this.#io.err(`${this.#label}${text}`);
  }
}

function stepText(event: Extract<TrainEvent, { kind: 'step' }>): string {
  const { epoch, epochs, step, steps, loss, top1ErrorPercent, executionRate, target, macsRatio, pace } =
    event;
  return [
    `epoch ${epoch + 1}/${epochs}`,
    `step ${step}/${steps}`,
    `loss ${loss.total.toFixed(3)}`,
    `error ${top1ErrorPercent.toFixed(1)} %`,
    ...(executionRate === null
      ? []
      : [`gates ${executionRate.toFixed(3)} (target ${(target ?? 1).toFixed(2)})`]),
    `MACs ${percentText(macsRatio)}`,
    `${pace.imagesPerSecond.toFixed(0)} images/s`,
    `ETA ${durationText(1000 * pace.etaSeconds)}`,
  ].join('  ');
}

function pruningText(event: Extract<TrainEvent, { kind: 'pruning' }>): string {
  const { round, removed, macsRatio, parameters, loss } = event;
  return [
    `pruning, round ${round}`,
    `${removed} channels removed`,
    `MACs ${percentText(macsRatio)}`,
    `${countText(parameters)} parameters`,
    ...(loss === null ? [] : [`loss ${loss.toFixed(3)} before it`]),
  ].join('  ');
}

function begunText({ from, lostShares, pruned, evaluation }: Extract<TrainEvent, { kind: 'begun' }>): string {
  const most = Math.max(0, ...(lostShares ?? []));
  const how = pruned
    ? `, without ${pruned.removed} of its channels`
    : lostShares === undefined
      ? ''
      : most === 0
        ? ', divided exactly'
        : `, divided with a loss of up to ${percentText(most)}`;
  return `starts from the weights of ${from}${how}${evaluation ? `  ${evaluationText(evaluation)}` : ''}`;
}

function epochText(
  { epoch, epochs, best }: Extract<TrainEvent, { kind: 'epoch' }>,
  evaluation: Evaluation,
): string {
  return `epoch ${epoch + 1}/${epochs}  ${evaluationText(evaluation)}${best ? '  (best)' : ''}`;
}

function evaluationText({ images, error, cost, gates: { executionRate } }: Evaluation): string {
  return [
    `test error ${error.top1ErrorPercent.toFixed(2)} %`,
    ...(executionRate === null ? [] : [`gates ${executionRate.toFixed(3)}`]),
    `MACs ${percentText(cost.macsRatio)}`,
    `${images} images`,
  ].join('  ');
}
