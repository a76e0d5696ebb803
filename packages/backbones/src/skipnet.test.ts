import { gatedBlocks, placedBlocks, validateArchitecture } from '@dmnn/architecture';
import { countNetwork } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { cifarResnet } from './cifar-resnet.js';
import { createArchitecture } from './create-architecture.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { skipNet } from './skipnet.js';

describe('skipNet', () => {
  it('is the backbone, with a recurrent gate of 10 units at every block but the first', () => {
    const network = validateArchitecture(createArchitecture('skipnet-cifar-resnet20'));
    const backbone = placedBlocks(createArchitecture('cifar-resnet20'));
    for (const [index, { block }] of placedBlocks(network).entries()) {
      const { controller, ...rest } = block;
      expect(rest).toEqual(backbone[index]?.block);
      expect(controller).toEqual(
        index === 0 ? undefined : { kind: 'recurrent', embedUnits: 10, hiddenUnits: 10 },
      );
    }
    expect(network.undivided?.name).toBe('cifar-resnet20');
  });

  // numel of RNNGate(10, 10) is 4·10·(10 + 10) + 2·40 + 10 + 1, and of each gate_layer 10·planes + 10, by the authors'
  // models.py; less the second bias of PyTorch's LSTM, which is added to the first, and the gate after the last block; our
  // last layer has two outputs, and a bias of each block
  it.each([[20], [38], [74], [110]])('has the gates of its authors’ SkipNet-%d', (depth) => {
    const n = (depth - 2) / 6;
    const network = skipNet(cifarResnet({ depth }), { name: 'mine' });
    const [own, plain] = [countNetwork(network), countNetwork(cifarResnet({ depth }))];
    const projections = n * (16 * 10 + 10) + n * (32 * 10 + 10) + (n - 1) * (64 * 10 + 10);
    const theirs = projections + 4 * 10 * (10 + 10) + 2 * 40 + 10 + 1;
    expect(own.parameters - plain.parameters).toBe(theirs - 40 + (10 - 1) + (3 * n - 1) * 2);
    expect(gatedBlocks(network)).toHaveLength(3 * n - 1);
  });

  it('is of ResNets only, undivided, without options that divide', () => {
    expect(() => skipNet(mobilenetV2(), { name: 'mine' })).toThrow(/which SkipNet gates, got mobilenetv2/);
    expect(() => createArchitecture('skipnet-mobilenetv2')).toThrow(
      expect.objectContaining({ code: 'DMNN_UNKNOWN_MODEL' }),
    );
    expect(() => createArchitecture('skipnet-cifar-resnet20', { subBlocks: 2 })).toThrow(
      'subBlocks: expected none for skipnet-cifar-resnet20, which has gates already.',
    );
    expect(createArchitecture('skipnet-cifar-resnet38', { classes: 7 }).head.classes).toBe(7);
  });
});
