export { Live, type Connection, type Handler, type PushName } from './live';
export type * from './events.gen';
export { judge, type Verdict } from './revision';
