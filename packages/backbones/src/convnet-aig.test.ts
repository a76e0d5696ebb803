import { gatedBlocks, placedBlocks, validateArchitecture } from '@dmnn/architecture';
import { countNetwork } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { cifarResnet } from './cifar-resnet.js';
import { convnetAig } from './convnet-aig.js';
import { createArchitecture } from './create-architecture.js';
import { mobilenetV2 } from './mobilenet-v2.js';

describe('convnetAig', () => {
  // sum(p.numel() for p in model.parameters()) of its authors' convnet_aig.py, less the biases of fc1, which stand
  // before a batch norm and do nothing: 16 for each block
  it.each([
    ['convnet-aig50-all', 25_768_264 - 16 * 16],
    ['convnet-aig101-all', 45_040_314 - 33 * 16],
  ])('%s has the parameters of its authors’ code', (name, parameters) => {
    expect(countNetwork(createArchitecture(name)).parameters).toBe(parameters);
  });

  it('has gates where the published schedule has target rates below 1', () => {
    const schedule = [1, 1, 0.8, 1, 0.7, 0.7, 0.7, 1, 0.7, 0.7, 0.7, 0.7, 0.7, 1, 0.7, 1];
    const gates = (name: string): boolean[] =>
      placedBlocks(createArchitecture(name)).map(({ block }) => block.controller !== undefined);
    expect(gates('convnet-aig50')).toEqual(schedule.map((target) => target < 1));
    expect(gates('convnet-aig101')).toEqual(Array.from({ length: 33 }, (_, index) => index >= 8));
  });

  it('is the backbone where there is no gate, and the backbone’s block behind its gate where there is', () => {
    const network = validateArchitecture(createArchitecture('convnet-aig50'));
    const backbone = placedBlocks(createArchitecture('resnet50'));
    for (const [index, { block }] of placedBlocks(network).entries()) {
      const { controller, ...rest } = block;
      expect(rest).toEqual(backbone[index]?.block);
      if (controller) expect(controller).toEqual({ kind: 'squeeze', hiddenUnits: 16 });
    }
  });

  it('takes blocks of one’s own choice', () => {
    const network = convnetAig(cifarResnet({ depth: 8 }), { name: 'mine', alwaysOn: [0, 2] });
    expect(gatedBlocks(network).map(({ path }) => path)).toEqual(['stage1.block0']);
    expect(() => convnetAig(cifarResnet({ depth: 8 }), { name: 'mine', alwaysOn: [3] })).toThrow(
      'alwaysOn: expected block indices of cifar-resnet8 from 0 to 2, got 3.',
    );
  });

  it('is of ResNets only', () => {
    expect(() => convnetAig(mobilenetV2(), { name: 'mine' })).toThrow(/expected a ResNet or ResNeXt/);
    expect(() => createArchitecture('convnet-aig-mobilenetv2')).toThrow(
      expect.objectContaining({ code: 'DMNN_UNKNOWN_MODEL' }),
    );
  });

  it('takes none of the options that divide', () => {
    expect(() => createArchitecture('convnet-aig50', { subBlocks: 2 })).toThrow(
      'subBlocks: expected none for convnet-aig50, which has gates already.',
    );
  });

  it('takes the shortest name', () => {
    expect(createArchitecture('convnet-aig-resnet50').name).toBe('convnet-aig50-all');
    expect(createArchitecture('convnet-aig152-all').name).toBe('convnet-aig152');
  });
});
