import { DmnnError } from '@dmnn/foundation';
import { type ImagePreparation, gatedBlocks } from '@dmnn/architecture';
import { type ExitSettings, type StageAnswer, confident, nextAnswer } from '@dmnn/confidence';
import { countNetwork, countUndivided, flopsTable, fullMacs, patternMacs, tableUntilExit } from '@dmnn/flops';
import { gateLogOdds, likeliest } from '@dmnn/gating';
import type { LeavePolicy, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import type { StagedClassification, StagedClassifier } from './classifier.js';
import { notFinite } from './inferring-classifier.js';

const WARM_UP_IMAGES = 3; // after one, the next still took ten times as long on the native backend

/**
 * A network on TensorFlow.js as a classifier: folded, the likeliest gates, skipping what is closed.
 *
 * A few warm-up images run before the promise settles, so that later times exclude one-time work of the backend.
 *
 * @param network - disposed by the classifier's `close`
 * @throws DmnnError `DMNN_CLASSIFICATION` if the network does not take images of three channels
 */
export async function networkClassifier(
  network: Network,
  {
    preparation,
    classNames,
  }: { readonly preparation: ImagePreparation; readonly classNames?: readonly string[] | undefined },
): Promise<StagedClassifier> {
  const { architecture } = network;
  const { name, imageSizePx, inChannels } = architecture;
  if (inChannels !== 3) {
    throw new DmnnError(
      'DMNN_CLASSIFICATION',
      `${name}: expected a network that takes 3 channels (red, green, blue), got ${inChannels}.`,
    );
  }
  const table = flopsTable(countNetwork(architecture));
  const subBlocks = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  network.fold();

  const exitCount = architecture.exits?.length ?? 0;
  /** Images leave where they are sure enough. */
  const leaving = ({ by, combine, temperatures, thresholds, previous }: ExitSettings): LeavePolicy => {
    let answer: StageAnswer | undefined = previous;
    return (logits, { exitIndex, classes }) => {
      const own = { values: logits, classes };
      answer = nextAnswer(answer, own, temperatures[exitIndex] as number, { by, combine });
      return [
        confident({ threshold: thresholds[exitIndex] as number, by }).stops(answer.confidence[0] as number),
      ];
    };
  };

  const classify = async (image: Float32Array, exits?: ExitSettings): Promise<StagedClassification> => {
    const start = performance.now();
    const { packed, leftAt } = passValues(network, image, exits && leaving(exits));
    const values = await packed.data<'float32'>();
    const milliseconds = performance.now() - start;
    packed.dispose();
    const { classes } = architecture.head;
    const logits = values.slice(0, classes);
    const count = subBlocks.reduce((sum, each) => sum + each, 0);
    const gates = inBlocks(values.subarray(classes, classes + count), subBlocks).map((block) =>
      block.map((gate) => gate === 1),
    );
    const logOdds = inBlocks(values.subarray(classes + count), subBlocks);
    if (!values.every(Number.isFinite)) throw notFinite(name);
    const atExits = values.subarray(classes + 2 * count);
    const stageLogits = Array.from({ length: Math.min(leftAt + 1, exitCount) }, (_, e) =>
      atExits.slice(e * classes, (e + 1) * classes),
    );
    const stageMacs = stageLogits.map((_, e) => {
      const until = tableUntilExit(table, e);
      return patternMacs(until, gates.slice(0, until.subBlockMacs.length));
    });
    if (leftAt === exitCount) {
      stageLogits.push(logits);
      stageMacs.push(patternMacs(table, gates));
    }
    return {
      logits,
      gates,
      gateProbabilities: logOdds.map((block) => block.map((one) => 1 / (1 + Math.exp(-one)))),
      macs: stageMacs.at(-1) as number,
      milliseconds,
      ...(exits && { stageLogits, stageMacs }),
    };
  };
  for (let i = 0; i < WARM_UP_IMAGES; i++) await classify(new Float32Array(imageSizePx * imageSizePx * 3));
  return {
    name,
    imageSizePx,
    preparation,
    classNames,
    fullMacs: fullMacs(table),
    undividedMacs: countUndivided(architecture).macs,
    exits: exitCount,
    classify,
    close: () => {
      network.dispose();
      return Promise.resolve();
    },
  };
}

/** Of a pass. */
interface PassValues {
  readonly packed: tf.Tensor1D;
  readonly leftAt: number;
}

/**
 * Logits, gates, on − off of all gates and logits of exits, one after the other: one tensor, so that a device is read once;
 * twice at each exit if images may leave.
 */
function passValues(network: Network, image: Float32Array, leave: LeavePolicy | undefined): PassValues {
  const { imageSizePx } = network.architecture;
  let leftAt = 0;
  const packed = tf.tidy(() => {
    const pass = network.forward(tf.tensor4d(image, [1, imageSizePx, imageSizePx, 3]), {
      policy: likeliest,
      statistics: 'moving',
      execution: 'skipping',
      leave,
    });
    leftAt = pass.leftAt[0] as number;
    const logOdds = pass.gateLogits.map(gateLogOdds);
    const all = [pass.logits, ...pass.gates, ...logOdds, ...pass.exitLogits];
    return tf.squeeze<tf.Tensor1D>(tf.concat<tf.Tensor2D>(all, 1), [0]);
  });
  return { packed, leftAt };
}

function inBlocks(flat: Float32Array, lengths: readonly number[]): number[][] {
  let end = 0;
  return lengths.map((length) => [...flat.subarray(end, (end += length))]);
}
