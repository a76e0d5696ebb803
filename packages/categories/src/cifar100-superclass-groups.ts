/**
 * The group of the paper's Fig. 7 that each of CIFAR-100's superclasses goes with, by coarse label; null for _people_,
 * which are in none of the four.
 *
 * Assigned by hand, since WordNet does not decide it: plants, whole or in parts, are counted as natural objects, and
 * _large natural outdoor scenes_ (cloud, forest, mountain, plain, sea) as geological formations. The paper shows groups
 * for ImageNet only; there they follow WordNet, see {@link imagenetGroups}.
 *
 * @example
 * ```ts
 * import { cifar100SuperclassGroups, cifar100Superclasses } from '@dmnn/categories';
 *
 * console.log(cifar100SuperclassGroups[cifar100Superclasses.indexOf('trees')]); // => natural objects
 * ```
 */
export const cifar100SuperclassGroups: readonly (string | null)[] = [
  'animals', // aquatic_mammals
  'animals', // fish
  'natural objects', // flowers
  'artifacts', // food_containers
  'natural objects', // fruit_and_vegetables
  'artifacts', // household_electrical_devices
  'artifacts', // household_furniture
  'animals', // insects
  'animals', // large_carnivores
  'artifacts', // large_man-made_outdoor_things
  'geological formations', // large_natural_outdoor_scenes
  'animals', // large_omnivores_and_herbivores
  'animals', // medium_mammals
  'animals', // non-insect_invertebrates
  null, // people
  'animals', // reptiles
  'animals', // small_mammals
  'natural objects', // trees
  'artifacts', // vehicles_1
  'artifacts', // vehicles_2
];
