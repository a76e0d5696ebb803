import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnsweringPart, type ExitSettings, type StagedOutputs, answerImage } from './answer-image.js';
import { cascadeAnswers } from './cascade-answers.js';
import { confidenceMeasures } from './confidence-of.js';
import { runCascade } from './run-cascade.js';
import { combinations, nextAnswer } from './stage-answer.js';

/** A network with these logits at its stages. */
function networkOf(
  logits: readonly number[][],
): AnsweringPart<StagedOutputs> & { asked: (ExitSettings | undefined)[] } {
  const asked: (ExitSettings | undefined)[] = [];
  return {
    asked,
    exits: logits.length - 1,
    run: (settings) => {
      asked.push(settings);
      const ran: number[][] = [];
      let answer = settings?.previous;
      for (const [at, values] of logits.entries()) {
        ran.push(values);
        if (!settings) continue;
        answer = nextAnswer(answer, { values, classes: 3 }, settings.temperatures[at] as number, settings);
        if (at < logits.length - 1 && (answer.confidence[0] as number) >= (settings.thresholds[at] as number))
          break;
      }
      return Promise.resolve({ logits: ran.at(-1) as number[], ...(settings && { stageLogits: ran }) });
    },
  };
}

const anyLogits = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 });
const anyCascade = fc
  .array(fc.array(anyLogits, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .chain((parts) => {
    const stages = parts.flat().length;
    const many = (each: fc.Arbitrary<number>, count: number) =>
      fc.array(each, { minLength: count, maxLength: count });
    return fc.record({
      parts: fc.constant(parts),
      settings: fc.record({
        by: fc.constantFrom(...confidenceMeasures),
        combine: fc.constantFrom(...combinations),
        temperatures: many(fc.double({ min: 0.2, max: 4, noNaN: true }), stages),
        thresholds: many(fc.double({ min: 0, max: 1, noNaN: true }), stages - 1),
      }),
    });
  });

describe('answerImage', () => {
  it('answers for an image as runCascade does for many, for any networks, exits and settings', async () => {
    await fc.assert(
      fc.asyncProperty(anyCascade, async ({ parts, settings }) => {
        const stages = parts.flat().map((values, at) => ({
          ...{ logits: { values, classes: 3 }, cost: at + 1, temperature: settings.temperatures[at] },
        }));
        const expected = runCascade(cascadeAnswers(stages, settings), settings.thresholds);
        const networks = parts.map(networkOf);
        const found = await answerImage(networks, settings);
        expect(found.stage).toBe(expected.stage[0]);
        expect(found.stages).toHaveLength(found.stage + 1);
        const last = found.stages.at(-1);
        expect([last?.predicted, last?.confidence]).toEqual([expected.predicted[0], expected.confidence[0]]);
        const ran = networks.map(({ asked }) => asked.length);
        expect(ran).toEqual(parts.map((_, part) => (part <= (last?.part ?? 0) ? 1 : 0)));
        expect(found.outputs).toHaveLength(ran.filter((each) => each === 1).length);
        const places = parts.flatMap((own, part) =>
          own.map((_, at) => [part, at < own.length - 1 ? at : undefined]),
        );
        expect(found.stages.map(({ part, exit }) => [part, exit])).toEqual(places.slice(0, found.stage + 1));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ temperatures: [1], thresholds: [0.5] }, 'each but the last of 2, got 1 and 1'],
    [{ temperatures: [1, 1], thresholds: [] }, 'each but the last of 2, got 2 and 0'],
    [{ temperatures: [1, 1], thresholds: [1.5] }, 'threshold: expected a number from 0 to 1, got 1.5'],
    [{ temperatures: [1, 1], thresholds: [0.5], by: 'norm' }, "got 'norm'"],
  ])('refuses settings that do not fit: %j', async (given, message) => {
    const settings = { by: 'probability', combine: 'last', ...given } as ExitSettings;
    const networks = [networkOf([[1, 2, 3]]), networkOf([[1, 2, 3]])];
    await expect(answerImage(networks, settings)).rejects.toThrow(message);
    expect(networks[0]?.asked).toEqual([]);
    await expect(answerImage([], settings)).rejects.toThrow('settings: expected');
  });
});
