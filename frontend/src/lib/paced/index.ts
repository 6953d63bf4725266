export { paced, type Paced } from './paced';
