import type { Evaluation, TrainEvent } from '@dmnn/trainer';
import type { CommandIo } from './command-io.js';
import { type ProgressPart, ProgressLine } from './progress-line.js';
import { countText, durationText, percentText } from '../../text/count-text.js';
import { optimumText } from '../../text/optimum-text.js';

/** Shows the progress of a training run: one updated line in a terminal, occasional lines in a log. */
export class TrainProgress {
  readonly #line: ProgressLine;
  readonly #label: string;

  /** @param label - starts every line; empty for none */
  constructor(io: CommandIo, label = '') {
    this.#line = new ProgressLine(io);
    this.#label = label === '' ? '' : `${label}: `;
  }

  /** Takes what `train` reports. */
  show(event: TrainEvent): void {
    switch (event.kind) {
      case 'start':
        if (event.resumedFrom !== undefined) {
          this.#say(`resumed at step ${event.step} of ${event.steps} from ${event.resumedFrom}`);
        }
        if (event.optimum) this.#say(`target: ${optimumText(event.optimum)}`);
        this.#line.show(`${this.#label}step ${event.step}/${event.steps}`, ': the first takes longest');
        return;
      case 'step':
        this.#line.show(this.#label, stepParts(event));
        return;
      case 'pruning':
        this.#say(pruningText(event));
        return;
      case 'begun':
        this.#say(begunText(event));
        return;
      case 'evaluating':
        this.#line.show(
          `${this.#label}epoch ${event.epoch + 1}  evaluating`,
          ` ${event.images} of ${event.of} images`,
        );
        return;
      case 'epoch':
        if (event.evaluation) this.#say(epochText(event, event.evaluation));
        return;
      case 'warning':
        this.#say(event.message);
        return;
      case 'checkpoint':
        return;
      default:
        event satisfies never;
    }
  }

  /** Clears the progress line. */
  end(): void {
    this.#line.end();
  }

  #say(text: string): void {
    this.#line.line(`${this.#label}${text}`);
  }
}

function stepParts(event: Extract<TrainEvent, { kind: 'step' }>): ProgressPart[] {
  const { epoch, epochs, step, steps, loss, top1ErrorPercent, executionRate, target, macsRatio, pace } =
    event;
  return [
    { text: `epoch ${epoch + 1}/${epochs}`, importance: 8 },
    { text: `step ${step}/${steps}`, importance: 7 },
    { text: `loss ${loss.total.toFixed(3)}`, importance: 6 },
    { text: `error ${top1ErrorPercent.toFixed(1)} %`, importance: 5 },
    ...(executionRate === null
      ? []
      : [
          { text: `gates ${executionRate.toFixed(3)}`, importance: 4 },
          { text: `(target ${(target ?? 1).toFixed(2)})`, importance: 3, separator: ' ' },
        ]),
    { text: `MACs ${percentText(macsRatio)}`, importance: 2 },
    { text: `${pace.imagesPerSecond.toFixed(0)} images/s`, importance: 1 },
    { text: `ETA ${durationText(1000 * pace.etaSeconds)}`, importance: 9 },
  ];
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
