export { moved, type Line } from './moved';
