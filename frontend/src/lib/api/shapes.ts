import type { components } from './schema.gen';

/** What the API answers and takes, by the names of its document: `Shapes['MeOut']`. */
export type Shapes = components['schemas'];
