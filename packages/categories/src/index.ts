export { CategoriesError } from './categories-error.js';
export { cifar100CategoryOfClass } from './cifar100-category-of-class.js';
export { cifar100Classes, cifar100Superclasses } from './cifar100.generated.js';
