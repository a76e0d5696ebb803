import type { LoggedPruning, StartRecord } from '@dmnn/runs';
import type { Evaluation } from '../evaluate/evaluation.js';
import { loggedEvaluation } from './epoch-record.js';

/** The first line of the log of a run that begins with the weights of another. */
export function startRecord(
  model: string,
  pruned: LoggedPruning | undefined,
  evaluation: Evaluation,
): StartRecord {
  return {
    kind: 'start',
    from: model,
    pruned,
    evaluation: loggedEvaluation(evaluation),
    clock: { time: new Date().toISOString(), msPerImage: evaluation.timing.msPerImage },
  };
}
