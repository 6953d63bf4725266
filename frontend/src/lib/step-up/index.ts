export { withStepUp } from './step-up';
