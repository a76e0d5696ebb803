import { expect, it } from 'vitest';
import { imagenetGroups } from './category-group.js';
import { cifar100SuperclassGroups } from './cifar100-superclass-groups.js';
import { cifar100Superclasses } from './cifar100.generated.js';

const of = (group: string | null): string[] =>
  cifar100Superclasses.filter((_, label) => cifar100SuperclassGroups[label] === group);

it("puts each superclass into one of the paper's four groups, but for people", () => {
  expect(cifar100SuperclassGroups).toHaveLength(20);
  const names: (string | null)[] = imagenetGroups.map(({ name }) => name);
  expect(cifar100SuperclassGroups.filter((group) => !names.includes(group))).toEqual([null]);
  expect(of(null)).toEqual(['people']);
});

it('has in each group what its name says', () => {
  expect(of('natural objects')).toEqual(['flowers', 'fruit_and_vegetables', 'trees']);
  expect(of('geological formations')).toEqual(['large_natural_outdoor_scenes']);
  expect(of('artifacts')).toEqual([
    'food_containers',
    'household_electrical_devices',
    'household_furniture',
    'large_man-made_outdoor_things',
    'vehicles_1',
    'vehicles_2',
  ]);
  expect(of('animals')).toHaveLength(9);
});
