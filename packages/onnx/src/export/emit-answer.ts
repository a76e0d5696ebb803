import type { AnswerOptions } from '@dmnn/confidence';
import type { GraphBuilder } from '../graph/graph-builder.js';

const DOUBLE = 11; // TensorProto.DataType

/** What a cascade answers after a stage. */
export interface EmittedAnswer {
  /** `double [1, classes]`: logarithms of the probabilities. */
  readonly logarithms: string;
  /** `double []` */
  readonly confidence: string;
  /** Stages that it is of. */
  readonly stages: number;
}

/** A stage's logits, and how it answers. */
export interface AnsweringStage extends Required<AnswerOptions> {
  /** The prefix of its names. */
  readonly path: string;
  /** `float [1, classes]` */
  readonly logits: string;
  readonly classes: number;
  readonly temperature: number;
}

/**
 * Emits what a cascade answers after one more stage, and how sure it is, as `nextAnswer` of `@dmnn/confidence` computes
 * them: in double precision, since they are few numbers and a threshold may lie close to 1. Logarithms stay finite where
 * probabilities are 0.
 */
export function emitAnswer(
  graph: GraphBuilder,
  previous: EmittedAnswer | undefined,
  stage: AnsweringStage,
): EmittedAnswer {
  const { path, logits, temperature, by, combine, classes } = stage;
  const number = (name: string, value: number) =>
    graph.initialiser(`${path}.${name}`, [], Float64Array.of(value));
  const wide = graph.node('Cast', `${path}.wide`, [logits], { to: { int: DOUBLE } });
  const calibrated =
    temperature === 1
      ? wide
      : graph.node('Div', `${path}.calibrated`, [wide, number('temperature', temperature)]);
  let logarithms = graph.node('LogSoftmax', `${path}.logarithms`, [calibrated], { axis: { int: 1 } });
  const stages = (previous?.stages ?? 0) + 1;
  if (previous && combine === 'mean') {
    // the logarithm of a sum of exponentials, by the larger one so that none overflows; OpenVINO reads the axes of ONNX's
    // own operator otherwise than ONNX Runtime does
    const before = number('before.share', Math.log((stages - 1) / stages));
    const weighted = [
      graph.node('Add', `${path}.before`, [previous.logarithms, before]),
      graph.node('Add', `${path}.own`, [logarithms, number('own.share', Math.log(1 / stages))]),
    ];
    const larger = graph.node('Max', `${path}.larger`, weighted);
    const shares = weighted.map((each) =>
      graph.node('Exp', `${path}.share`, [graph.node('Sub', `${path}.less`, [each, larger])]),
    );
    const sum = graph.node('Log', `${path}.sum`, [graph.node('Add', `${path}.both`, shares)]);
    logarithms = graph.node('Add', `${path}.mean`, [larger, sum]);
  }
  const measured = emitConfidence(graph, { path, logarithms, by, classes });
  // sums of rounded numbers may pass the ends by a last digit
  const confidence = graph.node('Clip', `${path}.confidence`, [
    measured,
    number('least', 0),
    number('most', 1),
  ]);
  return { logarithms, confidence, stages };
}

function emitConfidence(
  graph: GraphBuilder,
  {
    path,
    logarithms,
    by,
    classes,
  }: Pick<AnsweringStage, 'path' | 'by' | 'classes'> & Pick<EmittedAnswer, 'logarithms'>,
): string {
  const whole = { keepdims: { int: 0 } };
  if (by === 'probability') {
    const largest = graph.node('ReduceMax', `${path}.largest`, [logarithms], whole);
    return graph.node('Exp', `${path}.probability`, [largest]);
  }
  const probabilities = graph.node('Exp', `${path}.probabilities`, [logarithms]);
  if (by === 'margin') {
    const two = graph.initialiser(`${path}.two`, [1], BigInt64Array.of(2n));
    const [largest = ''] = graph.nodes('TopK', `${path}.top`, [probabilities, two], 2, { axis: { int: 1 } });
    const signs = graph.initialiser(`${path}.signs`, [1, 2], Float64Array.of(1, -1));
    const signed = graph.node('Mul', `${path}.signed`, [largest, signs]);
    return graph.node('ReduceSum', `${path}.margin`, [signed], whole);
  }
  const products = graph.node('Mul', `${path}.products`, [probabilities, logarithms]);
  const negative = graph.node('ReduceSum', `${path}.entropy`, [products], whole);
  const scale = graph.initialiser(`${path}.scale`, [], Float64Array.of(1 / Math.log(classes)));
  const share = graph.node('Mul', `${path}.disorder`, [negative, scale]);
  return graph.node('Add', `${path}.sureness`, [
    share,
    graph.initialiser(`${path}.one`, [], Float64Array.of(1)),
  ]);
}
