/**
 * `[coarse label]`: the group of the paper's Fig. 7 for each of CIFAR-100's superclasses; null for _people_, which is
 * in none of the four.
 *
 * Assigned by hand, because WordNet does not determine it: plants and their parts count as natural objects,
 * _large natural outdoor scenes_ (cloud, forest, mountain, plain, sea) as geological formations. The paper shows
 * groups only for ImageNet, where they follow WordNet: see {@link imagenetGroups}.
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
