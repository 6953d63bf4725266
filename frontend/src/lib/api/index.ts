export { ApiProblem, Offline, isPassing, type FieldFault, type Params } from './problem';
export { request, whenSignedOut, type Method, type RequestOptions } from './request';
export { newKey } from './key';
export type { Shapes } from './shapes';
