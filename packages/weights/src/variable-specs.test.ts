import { type Controller, convUnit, paperController, withExits } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { tinyArchitecture, tinyDynamic } from '@dmnn/test-networks';
import { variableSpecs } from './variable-specs.js';

const names = (controller: Controller, blocks: number) =>
  variableSpecs(
    tinyArchitecture(
      Array.from({ length: blocks }, () => ({
        kind: 'basic',
        shortcut: 'identity',
        subBlocks: 2,
        controller,
      })),
    ),
  )
    .filter(({ name }) => name.includes('controller'))
    .map(({ name, shape }) => `${name} ${shape.join('x')}`);

describe('variableSpecs', () => {
  it('names variables by position, in the order of the forward pass', () => {
    const all = variableSpecs(tinyDynamic()).map(({ name }) => name);
    expect(all.slice(0, 6)).toEqual([
      'stem.unit0.weight',
      'stem.unit0.gamma',
      'stem.unit0.beta',
      'stem.unit0.movingMean',
      'stem.unit0.movingVariance',
      'stage0.block0.shortcut.weight',
    ]);
    expect(all.slice(-3)).toEqual(['controllers.carry.weight', 'head.linear.weight', 'head.linear.bias']);
    expect(new Set(all).size).toBe(all.length);
  });

  it('names those of exits by their order, after their blocks', () => {
    const names = variableSpecs(withExits(tinyDynamic(), { exits: [0], convolutions: 1 })).map(
      ({ name }) => name,
    );
    const first = names.findIndex((name) => name.startsWith('exit'));
    expect(names[first - 1]).toBe('stage0.block0.controller.decide.bias');
    expect(names.slice(first, first + 7)).toEqual([
      'exit0.unit0.weight',
      'exit0.unit0.gamma',
      'exit0.unit0.beta',
      'exit0.unit0.movingMean',
      'exit0.unit0.movingVariance',
      'exit0.linear.weight',
      'exit0.linear.bias',
    ]);
    expect(names.filter((name) => !name.startsWith('exit'))).toEqual(
      variableSpecs(tinyDynamic()).map(({ name }) => name),
    );
  });

  it('gives convolutions their He deviation over outputs, groups not counted, as torchvision does', () => {
    // that of the first stage of ResNeXt-50 32×4d
    const units = [convUnit(3, 128, 128, { groups: 32 })];
    const specs = variableSpecs({ ...tinyDynamic(), stem: { units } });
    const grouped = specs.find(({ name }) => name === 'stem.unit0.weight');
    expect(grouped?.shape).toEqual([3, 3, 4, 128]);
    // sqrt(2 / (3·3·128))
    expect(grouped?.initial).toEqual({ kind: 'normal', deviation: Math.sqrt(2 / 1152) });
  });

  it('shares one carry matrix, has one per block, or none', () => {
    const state = (previousState: 'shared' | 'per-block' | 'none', hiddenBias = false): Controller => ({
      kind: 'state',
      hiddenUnits: 3,
      previousState,
      hiddenBias,
    });
    const block = (b: number) => [`stage${b}.block0.controller.embed.weight 4x3`];
    const decide = (b: number) => [
      `stage${b}.block0.controller.decide.weight 3x4`,
      `stage${b}.block0.controller.decide.bias 4`,
    ];
    expect(names(state('none'), 2)).toEqual([...block(0), ...decide(0), ...block(1), ...decide(1)]);
    expect(names(state('shared'), 2)).toEqual([
      ...block(0),
      ...decide(0),
      ...block(1),
      ...decide(1),
      'controllers.carry.weight 3x3',
    ]);
    expect(names(state('per-block', true), 2)).toEqual([
      ...block(0),
      'stage0.block0.controller.embed.bias 3',
      ...decide(0),
      ...block(1),
      'stage1.block0.controller.embed.bias 3',
      'stage1.block0.controller.carry.weight 3x3',
      'stage1.block0.controller.carry.bias 3',
      ...decide(1),
    ]);
  });

  it('has one LSTM and one last layer for all recurrent controllers, whose last biases are their own', () => {
    const own = (b: number) => [
      `stage${b}.block0.controller.embed.weight 4x5`,
      `stage${b}.block0.controller.embed.bias 5`,
      `stage${b}.block0.controller.decide.bias 4`,
    ];
    expect(names({ kind: 'recurrent', embedUnits: 5, hiddenUnits: 3 }, 2)).toEqual([
      ...own(0),
      ...own(1),
      'controllers.cell.input.weight 5x12',
      'controllers.cell.state.weight 3x12',
      'controllers.cell.bias 12',
      'controllers.decide2.weight 3x4',
    ]);
  });

  it('has nothing to carry with a single gated block', () => {
    expect(names(paperController, 1).some((name) => name.includes('carry'))).toBe(false);
  });
});
