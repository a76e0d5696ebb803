import { z } from 'zod';
import type { WrittenRecord } from './metrics-record.js';

/**
 * What a line of each kind must hold. Objects are loose: a key that a newer version adds is kept and not looked at. Keys
 * that came later than the first logs are optional.
 */
export function metricsSchemas(): Readonly<Record<WrittenRecord['kind'], z.ZodType<WrittenRecord>>> {
  const figure = z.number();
  const count = z.int().min(0);
  const optional = <T extends z.ZodType>(schema: T) => schema.optional();
  // JSON has no NaN and no infinity: what the clock could not tell is null
  const clocked = z.number().nullable();

  const loss = z.looseObject({
    total: figure,
    classification: figure,
    category: figure,
    executionRate: figure,
    flops: figure,
    bounds: figure,
    distillation: optional(figure),
    exits: optional(figure),
    reinforcement: optional(figure),
    contribution: optional(figure),
  });
  const exit = z.looseObject({ topOneErrorPercent: figure, meanMacs: figure, macsRatio: figure });
  const evaluation = z.looseObject({
    images: count,
    topOneErrorPercent: figure,
    classificationLoss: figure,
    meanMacs: figure,
    macsRatio: figure,
    executionRate: figure.nullable(),
    executionRates: z.array(z.array(figure)),
    exits: optional(z.array(exit)),
  });
  const width = z.looseObject({
    width: figure,
    topOneErrorPercent: figure,
    classificationLoss: figure,
    macs: figure,
    macsRatio: figure,
  });
  const pruned = z.looseObject({
    round: count,
    removed: count,
    macs: figure,
    macsRatio: figure,
    parameters: count,
    loss: figure.nullable(),
  });
  return {
    start: z.looseObject({
      kind: z.literal('start'),
      from: z.string(),
      pruned: optional(pruned),
      evaluation,
      clock: z.looseObject({ time: z.string(), msPerImage: clocked }),
    }),
    step: z.looseObject({
      kind: z.literal('step'),
      step: count,
      epoch: count,
      learningRate: figure,
      loss,
      executionRate: figure.nullable(),
      targetRate: figure.nullable(),
      macsRatio: figure,
      topOneErrorPercent: figure,
      executionRates: z.array(figure),
      flopsRate: figure,
      gradientNorm: figure,
      clock: z.looseObject({
        time: z.string(),
        imagesPerSecond: clocked,
        dataWaitShare: optional(clocked),
      }),
    }),
    epoch: z.looseObject({
      kind: z.literal('epoch'),
      epoch: count,
      step: count,
      training: z.looseObject({ topOneErrorPercent: figure, loss, executionRate: figure.nullable() }),
      evaluation: optional(evaluation),
      widths: optional(z.array(width)),
      best: z.boolean(),
      clock: z.looseObject({
        time: z.string(),
        dataWaitShare: optional(clocked),
        msPerImage: optional(clocked),
      }),
    }),
    alarm: z.looseObject({
      kind: z.literal('alarm'),
      alarm: z.string(),
      epoch: count,
      step: count,
      blocks: z.array(z.string()),
      message: z.string(),
    }),
    environment: z.looseObject({
      kind: z.literal('environment'),
      step: count,
      differences: z.array(z.string()),
    }),
    lost: z.looseObject({ kind: z.literal('lost'), step: count, problems: z.array(z.string()) }),
  };
}
