export {
  type DemoEngine,
  type DemoEvent,
  type DemoOptions,
  type DemoPart,
  type DemoSystemName,
} from './paper/demo/demo-options.js';
export { type DemoNetworkFacts, type DemoResult, type DemoSystem, runDemo } from './paper/demo/run-demo.js';
export { laptopRecipe } from './paper/reproduce/laptop-recipe.js';
export { type MeasuredPace, type MeasurePaceOptions, measurePace } from './paper/reproduce/measure-pace.js';
export { type MeasuredRow, measuredRow } from './paper/reproduce/measured-row.js';
export {
  type MeasuredSpread,
  type ReproduceSeedsOptions,
  type SeedRun,
  type SeedsReproduction,
  type Spread,
  reproduceSeeds,
} from './paper/reproduce/reproduce-seeds.js';
export {
  type ReproduceOptions,
  type Reproduction,
  assertRowData,
  reproduce,
  reproductionRecipe,
} from './paper/reproduce/reproduce.js';
export { type ReproductionScale } from './paper/reproduce/reproduction-scale.js';
export { rowRecipe } from './paper/rows/row-recipe.js';
export {
  type CompareTablesOptions,
  type OurNumbers,
  type TableRow,
  compareTables,
} from './paper/tables/compare-tables.js';
export { type PaperNumbers, type RowSystem } from './paper/rows/paper-numbers.js';
export { paperRow } from './paper/rows/paper-row.js';
export { type PaperRow, paperRows } from './paper/rows/paper-rows.js';
